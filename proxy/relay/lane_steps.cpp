// SPDX-License-Identifier: GPL-2.0-or-later
// Carrying out a plan, step by step.
#include <boost/asio/error.hpp>
#include <utility>

#include "proxy/relay/connection.hpp"
#include "proxy/relay/lane.hpp"
#include "proxy/relay/relay.hpp"

namespace mig::proxy {

using boost::system::error_code;
using std::chrono::steady_clock;

void Lane::run_step(const Step& step) {
  if (std::holds_alternative<Send>(step)) return write();
  if (const auto* hold = std::get_if<WaitFor>(&step);
      hold != nullptr && !owner_.relay().session().released(hold->hold)) {
    wait_ = Wait::hold;
    return owner_.relay().add_waiting(1);
  }
  runner_.step_done();
  if (const auto* said = std::get_if<Note>(&step)) {
    note(*said, steady_clock::now());
  } else if (const auto* pause = std::get_if<Pause>(&step)) {
    wait_for(pause->duration);
  } else if (const auto* timer = std::get_if<StartTimer>(&step)) {
    owner_.relay().start_timer(timer->hold, timer->duration);
  } else if (const auto* throttle = std::get_if<Throttle>(&step)) {
    bucket_.set_rate(throttle->bytes_per_second, steady_clock::now());
  } else if (const auto* close = std::get_if<Close>(&step)) {
    run(Close(*close));
  }
}

void Lane::run(const Close& close) {
  if (close.all_connections) {
    owner_.relay().close_all(owner_, close.how, direction_);
  } else {
    owner_.close(close.how, direction_);
  }
}

/// `sent_behind_it`: bytes that were sent together with the note's and come behind it.
void Lane::note(const Note& note, steady_clock::time_point at, std::size_t sent_behind_it) {
  const std::uint64_t sent = owner_.traffic().sent[static_cast<std::size_t>(direction_)];
  owner_.relay().note(owner_, note, watched_only_ ? note.event.range.end : sent - sent_behind_it, at);
}

void Lane::notes_of(const OutputPlan& plan) {
  const auto at = watched_only_ ? write_began_ : steady_clock::now();
  for (const Step& step : plan.steps()) {
    if (const auto* said = std::get_if<Note>(&step)) note(*said, at);
  }
}

void Lane::write() {
  auto limit = static_cast<std::size_t>(-1);
  if (bucket_.limits()) {
    limit = bucket_.available(steady_clock::now());
    const std::size_t wanted = runner_.unsent();
    if (limit == 0 && wanted != 0) return wait_for(bucket_.time_until(wanted));
  }
  gather(limit);
  if (piece_count_ == 0) return advance(0);
  error_code error;
  if (runner_.sent_of_step() == 0) write_began_ = steady_clock::now();
  const std::size_t written = piece_count_ == 1
                                  ? to_.socket().write_some(boost::asio::buffer(pieces_[0]), error)
                                  : to_.socket().write_some(pieces(), error);
  owner_.sent(direction_, pieces(), written);
  if (!error) return advance(written);
  if (error == boost::asio::error::would_block) return wait_writable();
  owner_.write_failed(*this);
}

void Lane::gather(std::size_t limit) {
  std::array<Bytes, max_pieces> pieces;
  piece_count_ = runner_.gather(limit, pieces);
  for (std::size_t i = 0; i < piece_count_; ++i) pieces_[i] = {pieces[i].data(), pieces[i].size()};
}

void Lane::advance(std::size_t written) {
  bucket_.take(written);
  runner_.sent(written, [this](const Note& said, std::size_t sent_behind_it) {
    note(said, write_began_, sent_behind_it);
  });
}

void Lane::wait_writable() {
  wait_ = Wait::write;
  to_.socket().async_write_some(
      pieces(), [this, keep = owner_.shared_from_this()](const error_code& error, std::size_t written) {
        wait_ = Wait::none;
        if (owner_.is_alive()) owner_.sent(direction_, pieces(), written);
        in_flight_.clear();
        if (owner_.is_alive()) on_written(error, written);
      });
}

void Lane::on_written(const error_code& error, std::size_t written) {
  if (flow_ == Flow::open && error) {
    owner_.write_failed(*this);
  } else if (flow_ == Flow::open) {
    advance(written);
  }
  run_ready();
  owner_.relay().deliver_pending();
}

void Lane::wait_for(Duration duration) {
  wait_ = Wait::timer;
  timer_.expires_after(std::chrono::duration_cast<steady_clock::duration>(duration));
  timer_.async_wait([this, number = ++wait_number_, keep = owner_.shared_from_this()](const error_code&) {
    if (!owner_.is_alive() || number != wait_number_) return;
    wait_ = Wait::none;
    run_ready();
    owner_.relay().deliver_pending();
  });
}

}  // namespace mig::proxy
