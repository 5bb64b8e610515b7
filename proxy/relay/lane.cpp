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

Lane::Lane(Connection& owner, Direction direction, Leg& from, Leg& to)
    : owner_(owner),
      from_(from),
      to_(to),
      direction_(direction),
      timer_(from.socket().get_executor()),
      idle_timer_(from.socket().get_executor()),
      buffer_(std::make_unique_for_overwrite<PageAligned<buffer_size>>()) {}

void Lane::open(OutputPlan plan) {
  runner_.enqueue(std::move(plan));
  wait_ = Wait::none;
  run_ready();
}

void Lane::connected() {
  if (wait_ == Wait::connect) wait_ = Wait::none;
  run_ready();
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
  runner_.enqueue(std::move(plan));
}

void Lane::run_ready() {
  while (wait_ == Wait::none && owner_.is_alive()) {
    if (!run_one()) break;
  }
  if (owner_.is_alive()) wait_for_input();
}

/// One piece of work; false when there is none.
bool Lane::run_one() {
  if (flow_ != Flow::open) return drop_plans(), false;
  if (runner_.plan_done()) parse_bytes_already_sent();
  const Step* step = runner_.next();
  if (!owner_.is_connected() && (step == nullptr || std::holds_alternative<Send>(*step))) {
    wait_ = Wait::connect;
    owner_.request_connect();
    return false;
  }
  if (step != nullptr) {
    run_step(*step);
  } else if (unread_ != 0) {
    feed_chunk();
  } else if (end_seen_ && !end_fed_) {
    feed_end();
  } else {
    return false;
  }
  return true;
}

/// Nothing to do for now: reads on, or at least notices when the sender resets.
void Lane::wait_for_input() {
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
    error ? finish() : run_ready();
  } else {
    end_seen_ = static_cast<bool>(error);
    unread_ = size;
    run_ready();
  }
  owner_.relay().deliver_pending();
}

void Lane::feed_chunk() {
  const Bytes chunk(buffer_->bytes.data(), std::exchange(unread_, 0));
  RelaySession& session = owner_.relay().session();
  choose_mode();
  if (watched_only_) {
    runner_.plan().forward(chunk);
    feed_later_ = chunk;
  } else {
    last_chunk_ = steady_clock::now();
    session.feed(owner_.id(), direction_, chunk, runner_.plan());
  }
}

/// Watch-only is a one-way switch, and needs that the parser holds no byte that was not sent.
void Lane::choose_mode() {
  const RelaySession& session = owner_.relay().session();
  watched_only_ =
      watched_only_ || (session.watched_only(direction_) && session.held(owner_.id(), direction_) == 0);
}

void Lane::feed_end() {
  RelaySession& session = owner_.relay().session();
  end_fed_ = true;
  choose_mode();
  if (!watched_only_) return session.end_of_stream(owner_.id(), direction_, runner_.plan());
  owner_.end_sending(to_);
  parsed_.clear();
  session.end_of_stream(owner_.id(), direction_, parsed_);
  notes_of(parsed_);
  finish();
}

/// Watched only: what was sent of the chunk is parsed now. Where the connection has ended in the middle of it
/// that is its first part.
void Lane::parse_bytes_already_sent() {
  const Bytes chunk = std::exchange(feed_later_, {});
  const Bytes sent =
      runner_.plan_done() ? chunk : chunk.first(std::min(runner_.sent_of_step(), chunk.size()));
  if (sent.empty()) return;
  parsed_.clear();
  owner_.relay().session().feed(owner_.id(), direction_, sent, parsed_);
  notes_of(parsed_);
}

void Lane::drop_plans() {
  parse_bytes_already_sent();
  OutputPlan dropped = runner_.drop();
  if (wait_ == Wait::write && in_flight_.empty()) in_flight_ = std::move(dropped);
  unread_ = 0;
  if (wait_ == Wait::write || wait_ == Wait::none) return;
  if (wait_ == Wait::hold) owner_.relay().add_waiting(-1);
  ++wait_number_;
  timer_.cancel();
  wait_ = Wait::none;
}

void Lane::watch_sender() {
  from_.watch([this, keep = owner_.shared_from_this()] {
    if (!owner_.is_alive()) return;
    if (from_.take_error()) owner_.broken(from_);
    // Without an error it was a hang-up after both ends, or urgent data: nothing to do, and to watch on would
    // only spin. The next blocked step watches again.
    owner_.relay().deliver_pending();
  });
}

/// Bytes of an incomplete header must not wait forever for the others.
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
  session.idle(owner_.id(), direction_, runner_.plan());
  run_ready();
  owner_.relay().deliver_pending();
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
  return std::get<WaitFor>(runner_.current()).hold;
}

void Lane::hold_released() {
  owner_.relay().add_waiting(-1);
  wait_ = Wait::none;
  runner_.step_done();
  run_ready();
}

}  // namespace mig::proxy
