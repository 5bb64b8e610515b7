// SPDX-License-Identifier: GPL-2.0-or-later
#include "proxy/record/recording.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <cstring>
#include <utility>

#include "common/recording_mark.hpp"
#include "mig/describe.hpp"
#include "proxy/report/words.hpp"

namespace mig::proxy {
namespace {

constexpr std::size_t flush_at = std::size_t{256} << 10;
/// A packet waits for its comments as long as the handler runs that made it; beyond this it waits no longer.
constexpr std::size_t max_pending = std::size_t{8} << 20;
constexpr std::chrono::milliseconds flush_after{100};

/// The leg on which the direction's bytes come to migproxy, and that on which they leave it.
Side sender_side(Direction direction) {
  return direction == Direction::forward ? Side::source : Side::destination;
}
Side receiver_side(Direction direction) {
  return direction == Direction::forward ? Side::destination : Side::source;
}

bool leaves(Decision decision) {
  return decision != Decision::dropped && decision != Decision::held && decision != Decision::closed;
}

}  // namespace

/// Packets and comments for each event.
struct Recording::CommentOn {
  Recording& recording;

  void operator()(const Opened& opened) const {
    recording.open({opened.who.connection, Side::source}, opened.source, opened.here);
  }
  void operator()(const Connected& connected) const {
    recording.open({connected.who.connection, Side::destination}, connected.here, connected.destination);
  }
  void operator()(const Refused& refused) const {
    recording.next_comments_.push_back("the destination refused the connection: " + printable(refused.why));
  }
  void operator()(const BytesMoved& moved) const { recording.carry(moved); }
  void operator()(const LegEnded& ended) const {
    auto* leg = recording.leg({ended.connection, ended.side});
    if (leg == nullptr) return;
    ended.reset ? leg->reset(ended.direction) : leg->end(ended.direction);
    recording.here_ = Place{leg->key(), ended.direction, last_packet};
  }
  void operator()(const Closed& closed) const {
    if (recording.cutter_) recording.cutter_->closed(closed.who.connection, closed.reset);
    for (const Side side : {Side::source, Side::destination}) {
      const LegKey key{closed.who.connection, side};
      auto* leg = recording.leg(key);
      if (leg == nullptr) continue;
      leg->close();
      if (closed.ending == Ending::stopped)
        recording.comment({key, closed.from, last_packet}, "migproxy ends");
      recording.legs_.erase(key);
    }
  }
  void operator()(const UnitDone& done) const {
    const auto& [who, note, sent] = done;
    const Place arrived{{who.connection, receiver_side(note.direction)},
                        note.direction,
                        sent - std::min<std::uint64_t>(sent, 1)};
    recording.here_ = arrived;
    if (note.decision == Decision::forwarded || note.event.extent.continues()) return;
    const std::string text =
        describe_unit(note.event, tables_of(who)) + ": " + decision_text(note, recording.rules_);
    if (note.event.range.size() != 0) {
      const Place came{{who.connection, sender_side(note.direction)}, note.direction, note.event.range.begin};
      recording.comment(came, text);
    }
    if (leaves(note.decision)) recording.comment(arrived, text);
  }
  void operator()(const NoticeRaised& raised) const {
    if (raised.who.migration == nullptr) return;
    const std::string text = notice_text(raised.notice, *raised.who.migration);
    recording.here_ ? recording.comment(*recording.here_, text) : recording.comment_last(text);
  }
  void operator()(const Judged& /*judged*/) const {}  // what is recorded is judged by its reader
  void operator()(const Warned& warned) const { recording.comment_last(printable(warned.text)); }
  void operator()(const Signalled& signalled) const { recording.comment_last(std::string(signalled.name)); }
  void operator()(const PagesDone& /*pages*/) const {}
};

Recording::Recording(boost::asio::io_context& context, FileWriter& out,
                     std::function<void(const std::string&)> warn, bool pages)
    : context_(context), out_(out), warn_(std::move(warn)), timer_(context) {
  if (!pages) cutter_.emplace();
}

void Recording::start(Head head) {
  std::string rules;
  for (const std::string& rule : head.rules) rules += (rules.empty() ? "rules: " : "\n") + rule;
  rules_ = std::move(head.rules);
  clock_ = std::move(head.clock);
  const auto mark = cutter_ ? "; " + std::string(pages_not_recorded) : "";
  out_.add(
      {pcapng::section_header(head.program, rules),
       pcapng::interface("source leg", "the source and migproxy, which listens on " + head.listening + mark),
       pcapng::interface("destination leg", "migproxy and the destination " + head.connecting + mark)});
}

void Recording::on(const RelayEvent& event) {
  if (out_.error() == 0) std::visit(CommentOn{*this}, event);
}

void Recording::open(const LegKey& key, const Endpoint& client, const Endpoint& server) {
  legs_
      .insert_or_assign(key,
                        TcpSynthesizer(*this, key, leg_end(key, true, client), leg_end(key, false, server)))
      .first->second.open();
}

TcpSynthesizer* Recording::leg(const LegKey& key) {
  const auto found = legs_.find(key);
  return found == legs_.end() ? nullptr : &found->second;
}

std::uint64_t Recording::now_ns() const {
  if (clock_) return clock_();
  // Two clocks: the wall clock may be set back while a migration runs.
  const auto now = wall_start_.time_since_epoch() + (std::chrono::steady_clock::now() - start_);
  return static_cast<std::uint64_t>(std::chrono::nanoseconds(now).count());
}

void Recording::carry(const BytesMoved& moved) {
  const LegKey key{moved.connection, moved.side};
  auto* synthesizer = leg(key);
  if (synthesizer == nullptr) return;
  const auto size = moved.bytes.size();
  synthesizer->carry(
      moved.direction, moved.bytes,
      cutter_ ? cutter_->pieces(key, moved.direction, moved.bytes) : std::vector{KeptPiece{size, size}});
}

void Recording::packet(const TcpSynthesizer& leg, const TcpHead& head, const Extent& extent, Bytes payload,
                       std::size_t kept) {
  if (pending_bytes_ > max_pending) flush();
  const PacketHeaders headers(head, payload);
  const Side side = leg.key().second;
  pcapng::PacketHead about;
  about.interface = static_cast<std::uint32_t>(side);
  about.time_ns = now_ns();
  about.outbound = receiver_side(extent.direction) == side;
  about.length = headers.bytes().size() + payload.size();
  payload = payload.first(kept);
  if (!payload.empty() && !out_.has_room()) {
    payload = {};
    if (cut_packets_++ == 0 && warn_) warn_("the disk is too slow: packets are recorded without their bytes");
  }
  pending_.push_back({pcapng::packet(about, headers.bytes(), payload), leg.key(), extent});
  pending_bytes_ += pending_.back().block.size();
  for (const std::string& text : std::exchange(next_comments_, {})) add_comment(pending_.back(), text);
  pending_bytes_ > flush_at ? flush_soon() : flush_later();
}

Recording::Pending* Recording::find(const Place& place) {
  const auto found = std::find_if(pending_.rbegin(), pending_.rend(), [&](const Pending& packet) {
    if (packet.leg != place.leg) return false;
    if (place.offset == last_packet) return true;
    return packet.extent.direction == place.direction && packet.extent.begin <= place.offset &&
           place.offset < packet.extent.end;
  });
  return found == pending_.rend() ? nullptr : &*found;
}

/// On the packet that it is about; where that has been written already, on one made for it.
void Recording::comment(const Place& place, const std::string& text) {
  if (auto* packet = find(place)) return add_comment(*packet, text);
  auto* synthesizer = leg(place.leg);
  if (synthesizer != nullptr && synthesizer->remark(place.direction))
    return add_comment(pending_.back(), text);
  comment_last(text);
}

void Recording::comment_last(const std::string& text) {
  if (pending_.empty()) {
    next_comments_.push_back(text);
  } else {
    add_comment(pending_.back(), text);
  }
}

void Recording::add_comment(Pending& packet, const std::string& text) {
  const std::size_t before = packet.block.size();
  pcapng::add_comment(packet.block, text);
  pending_bytes_ += packet.block.size() - before;
  flush_soon();
}

// ---- writing: not before the handler has ended, so that a packet can get its comments

void Recording::flush_soon() {
  if (std::exchange(flush_posted_, true)) return;
  boost::asio::post(context_, [this] {
    flush_posted_ = false;
    flush();
  });
}

void Recording::flush_later() {
  if (std::exchange(flush_armed_, true)) return;
  timer_.expires_after(flush_after);
  timer_.async_wait([this](const boost::system::error_code& error) {
    flush_armed_ = false;
    if (!error) flush();
  });
}

void Recording::flush() {
  std::vector<pcapng::Block> blocks;
  blocks.reserve(pending_.size());
  for (Pending& packet : pending_) {
    pcapng::seal(packet.block);
    blocks.push_back(std::move(packet.block));
  }
  pending_.clear();
  pending_bytes_ = 0;
  out_.add(std::move(blocks));
  check();
}

void Recording::check() {
  const int error = out_.error();
  if (error != 0 && warn_)
    std::exchange(warn_, nullptr)("recording stops: " + std::string(std::strerror(error)));
}

void Recording::finish(std::chrono::milliseconds patience) {
  flush();
  out_.finish(patience);
  check();
}

}  // namespace mig::proxy
