// SPDX-License-Identifier: GPL-2.0-or-later
// Reading, feeding, and what is next. lane_steps.cpp carries out the plans.
#include "proxy/relay/lane.hpp"

#include <algorithm>
#include <boost/asio/error.hpp>
#include <utility>

#include "proxy/relay/connection.hpp"
#include "proxy/relay/relay.hpp"

namespace mig::proxy {

using boost::system::error_code;
using std::chrono::steady_clock;

namespace {

/// A plan that ends the connection does not stand in line behind a pause.
bool begins_with_close(const OutputPlan& plan) {
  for (const Step& step : plan.steps()) {
    if (const auto* close = std::get_if<Close>(&step)) return close->how != CloseHow::half_close;
    if (!std::holds_alternative<Note>(step)) return false;
  }
  return false;
}

}  // namespace

Lane::Lane(Connection& owner, Direction direction, Leg& from, Leg& to)
    : owner_(owner),
      from_(from),
      to_(to),
      direction_(direction),
      timer_(from.socket().get_executor()),
      idle_timer_(from.socket().get_executor()),
      buffer_(std::make_unique_for_overwrite<PageAligned<buffer_size>>()) {}

void Lane::open(OutputPlan plan) {
  plan_ = std::move(plan);
  wait_ = Wait::none;
  pump();
}

void Lane::connected() {
  if (wait_ == Wait::connect) wait_ = Wait::none;
  pump();
}

void Lane::enqueue(OutputPlan plan) {
  if (flow_ != Flow::open) return;
  if (begins_with_close(plan) && wait_ != Wait::none) {
    drop_plans();
    for (const Step& step : plan.steps()) {
      if (const auto* close = std::get_if<Close>(&step)) return run(*close);
      note(std::get<Note>(step), std::chrono::steady_clock::now());
    }
  }
  queue_.push_back(std::move(plan));
}

void Lane::pump() {
  while (wait_ == Wait::none && owner_.is_alive()) {
    if (!work()) break;
  }
  if (owner_.is_alive()) rest();
}

/// One piece of work; false when there is none.
bool Lane::work() {
  if (flow_ != Flow::open) return drop_plans(), false;
  const bool at_step = step_ < plan_.steps().size();
  if (!owner_.is_connected() && (!at_step || std::holds_alternative<Send>(plan_.steps()[step_]))) {
    wait_ = Wait::connect;
    owner_.request_connect();
    return false;
  }
  if (at_step) return run_step(), true;
  plan_done();
  if (!queue_.empty()) {
    plan_ = std::move(queue_.front());
    queue_.pop_front();
  } else if (unread_ != 0) {
    feed_chunk();
  } else if (end_seen_ && !end_fed_) {
    feed_end();
  } else {
    return false;
  }
  return true;
}

/// Nothing left to do for now: read on, or at least notice when the sender resets.
void Lane::rest() {
  const bool wants_bytes =
      flow_ == Flow::open ? owner_.is_connected() && unread_ == 0 && !end_seen_ : flow_ == Flow::swallowing;
  if (wants_bytes && wait_ == Wait::none && !reading_) start_read();
  if (!reading_) watch_sender();
}

void Lane::start_read() {
  if (flow_ == Flow::open && !watched_only_) guard_held_bytes();
  if (from_.is_watched() && !owner_.is_written_to(from_)) from_.unwatch();
  reading_ = true;
  from_.socket().async_read_some(boost::asio::buffer(buffer_->bytes),
                                 [this, keep = owner_.shared_from_this()](
                                     const error_code& error, std::size_t size) { on_read(error, size); });
}

void Lane::on_read(const error_code& error, std::size_t size) {
  reading_ = false;
  if (!owner_.is_alive() || error == boost::asio::error::operation_aborted) return;
  owner_.received(direction_, {buffer_->bytes.data(), size});
  if (error == boost::asio::error::eof && !owner_.is_broken(from_)) owner_.sender_ended(direction_);
  if (error && (error != boost::asio::error::eof || owner_.is_broken(from_))) {
    owner_.broken(from_);
  } else if (flow_ != Flow::open) {
    error ? finish() : pump();
  } else {
    end_seen_ = static_cast<bool>(error);
    unread_ = size;
    pump();
  }
  owner_.relay().settle();
}

void Lane::feed_chunk() {
  const Bytes chunk(buffer_->bytes.data(), std::exchange(unread_, 0));
  RelaySession& session = owner_.relay().session();
  choose_mode();
  if (watched_only_) {
    plan_.forward(chunk);
    feed_later_ = chunk;
  } else {
    last_chunk_ = steady_clock::now();
    session.feed(owner_.id(), direction_, chunk, plan_);
  }
}

/// Once watched only, for ever; but not while the parser holds bytes that have not left.
void Lane::choose_mode() {
  const RelaySession& session = owner_.relay().session();
  watched_only_ =
      watched_only_ || (session.watched_only(direction_) && session.held(owner_.id(), direction_) == 0);
}

void Lane::feed_end() {
  end_fed_ = true;
  choose_mode();
  if (watched_only_) owner_.end_sending(to_);
  owner_.relay().session().end_of_stream(owner_.id(), direction_, plan_);
  if (!watched_only_) return;
  notes_only();
  finish();
}

void Lane::plan_done() {
  plan_.clear();
  step_ = 0;
  if (feed_later_.empty()) return;
  owner_.relay().session().feed(owner_.id(), direction_, std::exchange(feed_later_, {}), plan_);
  notes_only();
}

/// The connection ends in the middle of a chunk that is parsed afterwards: what had left of it was delivered.
void Lane::tell_what_left() {
  const Bytes chunk = std::exchange(feed_later_, {});
  const Bytes left = step_ == 0 ? chunk.first(std::min(sent_, chunk.size())) : chunk;
  if (left.empty()) return;
  OutputPlan told;
  owner_.relay().session().feed(owner_.id(), direction_, left, told);
  notes_of(told);
}

void Lane::drop_plans() {
  tell_what_left();
  if (wait_ == Wait::write && parked_.empty()) parked_ = std::exchange(plan_, {});
  plan_.clear();
  step_ = sent_ = unread_ = 0;
  queue_.clear();
  if (wait_ == Wait::write || wait_ == Wait::none) return;
  if (wait_ == Wait::hold) owner_.relay().holding(-1);
  ++wait_number_;
  timer_.cancel();
  wait_ = Wait::none;
}

void Lane::watch_sender() {
  from_.watch([this, keep = owner_.shared_from_this()] {
    if (!owner_.is_alive()) return;
    if (from_.take_error()) owner_.broken(from_);
    // Without an error it was a hang-up after both ends, or urgent data: nothing to do, and watching on would
    // only spin. The next blocked step watches again.
    owner_.relay().settle();
  });
}

/// Bytes of an unfinished header must not wait for ever for their rest.
void Lane::guard_held_bytes() {
  if (idle_armed_ || owner_.relay().session().held(owner_.id(), direction_) == 0) return;
  arm_idle(idle_time);
}

void Lane::arm_idle(steady_clock::duration after) {
  idle_armed_ = true;
  idle_timer_.expires_after(after);
  idle_timer_.async_wait([this, keep = owner_.shared_from_this()](const error_code& error) {
    idle_armed_ = false;
    if (!error && owner_.is_alive()) on_idle();
  });
}

void Lane::on_idle() {
  RelaySession& session = owner_.relay().session();
  // While a step is under way more may be on its way too; the next start_read() arms the timer again.
  if (flow_ != Flow::open || !reading_ || wait_ != Wait::none) return;
  if (session.held(owner_.id(), direction_) == 0) return;
  const auto quiet = steady_clock::now() - last_chunk_;
  if (quiet < idle_time) return arm_idle(idle_time - quiet);
  session.idle(owner_.id(), direction_, plan_);
  pump();
  owner_.relay().settle();
}

void Lane::swallow() {
  drop_plans();
  if (flow_ != Flow::over) flow_ = end_seen_ || !from_.is_open() ? Flow::over : Flow::swallowing;
}

void Lane::halt(bool forever) {
  drop_plans();
  if (flow_ != Flow::over) flow_ = forever ? Flow::black_hole : Flow::halted;
}

void Lane::finish() {
  drop_plans();
  flow_ = Flow::over;
  owner_.lane_over();
}

void Lane::half_close() {
  owner_.end_sending(to_);
  swallow();
  owner_.lane_over();
}

void Lane::cancel() {
  drop_plans();
  ++wait_number_;
  timer_.cancel();
  idle_timer_.cancel();
}

std::optional<HoldId> Lane::awaited_hold() const noexcept {
  if (wait_ != Wait::hold) return std::nullopt;
  return std::get<WaitFor>(plan_.steps()[step_]).hold;
}

void Lane::hold_released() {
  owner_.relay().holding(-1);
  wait_ = Wait::none;
  ++step_;
  pump();
}

}  // namespace mig::proxy
