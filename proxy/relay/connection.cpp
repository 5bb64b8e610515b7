// SPDX-License-Identifier: GPL-2.0-or-later
#include "proxy/relay/connection.hpp"

#include <algorithm>
#include <utility>

#include "proxy/relay/relay.hpp"

namespace mig::proxy {

using boost::system::error_code;

Connection::Connection(Relay& relay, ConnectionId id, StreamSocket source)
    : relay_(relay),
      id_(id),
      source_(std::move(source)),
      destination_(StreamSocket(relay.context())),
      forward_(*this, Direction::forward, source_, destination_),
      back_(*this, Direction::return_path, destination_, source_),
      linger_(relay.context()),
      black_hole_(relay.context()) {
  source_.prepare();
}

void Connection::request_connect() {
  if (!std::exchange(connect_requested_, true)) relay_.connector().add(shared_from_this());
}

void Connection::connected(const Endpoint& destination) {
  connected_ = true;
  error_code ignored;
  relay_.reached(*this, destination_.socket().local_endpoint(ignored), destination);
  back_.connected();
  if (alive_) forward_.connected();
}

void Connection::refused(std::string_view why) {
  relay_.refused(*this, why);
  reset(source_);
  finish(Ending::reset, Direction::return_path, true);
}

void Connection::close(CloseHow how, Direction direction) {
  Lane& lane = this->lane(direction);
  if (how != CloseHow::half_close) ended_by_rule_ = true;
  switch (how) {
    case CloseHow::reset:
      reset(source_);
      reset(destination_);
      return finish(Ending::fault, direction, true);
    case CloseHow::end: return end_both();
    case CloseHow::half_close: return lane.half_close();
    case CloseHow::absorb: return absorb(lane);
    case CloseHow::blackhole: lane.halt(true); return watch_black_hole();
  }
}

/// Both peers read an end of stream. What they still send is thrown away for a while: closing at once would
/// turn the end into a reset.
void Connection::end_both() {
  end_sending(source_);
  end_sending(destination_);
  forward_.swallow();
  back_.swallow();
  if (!connected_) return finish(Ending::fault, Direction::forward, false);
  closing_ = nullptr;
  close_later();
  forward_.run_ready();
  back_.run_ready();
  lane_over();
}

void Connection::absorb(Lane& lane) {
  end_sending(lane.to());
  lane.swallow();
  other(lane).swallow();
  closing_ = &lane.to();
  close_later();
  forward_.run_ready();
  back_.run_ready();
  lane_over();
}

void Connection::close_later() {
  linger_.expires_after(linger_time);
  linger_.async_wait([this, keep = shared_from_this()](const error_code& error) {
    if (error || !alive_) return;
    if (closing_ == nullptr) {
      finish(Ending::fault, Direction::forward, false);
    } else {
      closing_->close();
      (closing_ == &source_ ? forward_ : back_).finish();
    }
    relay_.deliver_pending();
  });
}

void Connection::broken(Leg& leg) {
  Lane& in = &leg == &source_ ? forward_ : back_;
  Lane& out = other(in);
  relay_.observer().on(LegEnded{id_, side(leg), in.direction(), true});
  if (!in.is_black_hole()) {
    leg.close();
    reset(out.from());
    return finish(Ending::reset, in.direction(), true);
  }
  leg.close();  // a black hole lets no reset through
  if (!out.is_black_hole()) out.swallow();
  in.finish();
  if (alive_) out.run_ready();
}

void Connection::write_failed(Lane& lane) {
  Lane& in = other(lane);
  if (in.is_black_hole()) return broken(lane.to());
  if (!in.flows()) return broken(lane.to());
  broken_ = &lane.to();
  lane.halt(false);
  in.run_ready();
}

void Connection::lane_over() {
  if (!alive_ || !forward_.is_over() || !back_.is_over()) return;
  finish(ended_by_rule_ ? Ending::fault : Ending::orderly, Direction::forward, false);
}

void Connection::received(Direction direction, Bytes bytes) {
  if (bytes.empty()) return;
  traffic_.received[static_cast<std::size_t>(direction)] += bytes.size();
  relay_.observer().on(BytesMoved{id_, side(lane(direction).from()), direction, bytes});
}

void Connection::sent(Direction direction, std::span<const boost::asio::const_buffer> pieces,
                      std::size_t size) {
  traffic_.sent[static_cast<std::size_t>(direction)] += size;
  for (const auto& piece : pieces) {
    if (size == 0) return;
    const Bytes bytes(static_cast<const std::byte*>(piece.data()), std::min(piece.size(), size));
    relay_.observer().on(BytesMoved{id_, side(lane(direction).to()), direction, bytes});
    size -= bytes.size();
  }
}

void Connection::sender_ended(Direction direction) {
  relay_.observer().on(LegEnded{id_, side(lane(direction).from()), direction, false});
}

void Connection::end_sending(Leg& leg) {
  if (!leg.is_open()) return;
  leg.shut_sending();
  relay_.observer().on(LegEnded{id_, side(leg), towards(leg), false});
}

void Connection::reset(Leg& leg) {
  if (!leg.is_open()) return;
  leg.reset();
  relay_.observer().on(LegEnded{id_, side(leg), towards(leg), true});
}

bool Connection::is_stranded() const noexcept {
  return has_black_hole_ && (forward_.is_over() || back_.is_over());
}

void Connection::finish(Ending ending, Direction from, bool reset) {
  if (!std::exchange(alive_, false)) return;
  forward_.cancel();
  back_.cancel();
  linger_.cancel();
  black_hole_.cancel();
  source_.close();
  destination_.close();
  relay_.gone(*this, ending, from, reset);
}

/// Reading would take bytes, and a stop of reading hides the sender's end: ask the kernel now and then.
void Connection::watch_black_hole() {
  has_black_hole_ = true;
  black_hole_.expires_after(std::chrono::milliseconds(200));
  black_hole_.async_wait([this, keep = shared_from_this()](const error_code& error) {
    if (error || !alive_) return;
    look_into_black_hole();
    relay_.deliver_pending();
  });
}

void Connection::look_into_black_hole() {
  for (Lane* lane : {&forward_, &back_}) {
    if (!alive_ || !lane->is_black_hole() || !lane->from().peer_ended()) continue;
    lane->from().take_error() ? broken(lane->from()) : lane->finish();
  }
  if (alive_ && (forward_.is_black_hole() || back_.is_black_hole())) watch_black_hole();
}

}  // namespace mig::proxy
