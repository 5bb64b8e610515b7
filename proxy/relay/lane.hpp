// SPDX-License-Identifier: GPL-2.0-or-later
// One direction of one connection: read, feed the session, carry out its plan, read again.
#pragma once
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "common/page_aligned.hpp"
#include "proxy/plan/plan_runner.hpp"
#include "proxy/relay/leg.hpp"
#include "proxy/relay/token_bucket.hpp"

namespace mig::proxy {

class Connection;

/// Reads only when all that was read before has been written: the kernel's buffers are the back-pressure.
/// What it cannot do at once ends in an asynchronous operation whose handler calls run_ready() again.
class Lane {
 public:
  /// Under load the reads fill it: fewer system calls for a GiB. Memory that is never read into is not used.
  static constexpr std::size_t buffer_size = 512 * 1024;
  /// After this much silence an incomplete header is forwarded as it is.
  static constexpr std::chrono::milliseconds idle_time{100};

  /// `owner` has the lane as a member; `from` and `to` are its legs.
  Lane(Connection& owner, Direction direction, Leg& from, Leg& to);

  /// Runs the plan of a connection that has just come, before its destination is connected.
  void open(OutputPlan plan);
  /// The destination is there: go on.
  void connected();
  /// A plan from elsewhere. Runs after what this lane is at, unless it begins by closing: then at once.
  void enqueue(OutputPlan plan);
  /// Goes on as far as possible without waiting.
  void run_ready();

  /// What comes is read and thrown away until the sender ends.
  void swallow();
  /// Stops reading. With `forever`, an end of stream is swallowed too, as by a dead network.
  void halt(bool forever);
  /// The sender has ended, or its leg is gone.
  void finish();
  void half_close();
  /// Stops timers. Handlers under way do nothing any more.
  void cancel();

  [[nodiscard]] Direction direction() const noexcept { return direction_; }
  [[nodiscard]] Leg& from() noexcept { return from_; }
  [[nodiscard]] Leg& to() noexcept { return to_; }
  /// The sender's end of stream has come.
  [[nodiscard]] bool end_seen() const noexcept { return end_seen_; }
  [[nodiscard]] bool is_over() const noexcept { return flow_ == Flow::over; }
  [[nodiscard]] bool is_black_hole() const noexcept { return flow_ == Flow::black_hole; }
  /// It can read what its sender has still sent, and pass it on.
  [[nodiscard]] bool flows() const noexcept {
    return flow_ == Flow::open && wait_ == Wait::none && !end_seen_;
  }
  /// An asynchronous write is under way.
  [[nodiscard]] bool is_writing() const noexcept { return wait_ == Wait::write; }
  /// It waits in WaitFor{hold}; the relay asks whether that was released.
  [[nodiscard]] std::optional<HoldId> awaited_hold() const noexcept;
  void hold_released();

 private:
  enum class Flow : std::uint8_t { open, swallowing, halted, black_hole, over };
  enum class Wait : std::uint8_t { none, connect, write, timer, hold };

  static constexpr std::size_t max_pieces = 32;

  // lane.cpp: reading
  void start_read();
  void on_read(const boost::system::error_code& error, std::size_t size);
  void wait_for_input();
  bool run_one();
  void feed_chunk();
  void feed_end();
  void choose_mode();
  void parse_bytes_already_sent();
  void drop_plans();
  void watch_sender();
  void guard_held_bytes();
  void arm_idle(std::chrono::steady_clock::duration after);
  void on_idle();
  // lane_steps.cpp: carrying out a plan
  void run_step(const Step& step);
  void run(const Close& close);
  void note(const Note& note, std::chrono::steady_clock::time_point at, std::size_t sent_behind_it = 0);
  void notes_of(const OutputPlan& plan);
  void write();
  void gather(std::size_t limit);
  [[nodiscard]] std::span<const boost::asio::const_buffer> pieces() const noexcept {
    return {pieces_.data(), piece_count_};
  }
  void advance(std::size_t written);
  void wait_writable();
  void on_written(const boost::system::error_code& error, std::size_t written);
  void wait_for(Duration duration);

  Connection& owner_;
  Leg& from_;
  Leg& to_;
  Direction direction_;
  Flow flow_ = Flow::open;
  Wait wait_ = Wait::connect;
  bool reading_ = false;
  bool watched_only_ = false;  // bytes are sent before they are parsed
  bool end_seen_ = false;
  bool end_fed_ = false;
  bool idle_armed_ = false;
  std::size_t unread_ = 0;  // bytes in the buffer that were not fed yet
  Bytes feed_later_;        // watched only: sent, to be fed

  PlanRunner runner_;
  OutputPlan in_flight_;  // dropped while its bytes were being written
  OutputPlan parsed_;     // watched only: of bytes that were sent before they were parsed
  TokenBucket bucket_;

  boost::asio::steady_timer timer_;
  boost::asio::steady_timer idle_timer_;
  std::chrono::steady_clock::time_point last_chunk_;
  std::chrono::steady_clock::time_point write_began_;  // of the present step; it may take several
  std::uint32_t wait_number_ = 0;                      // shows a timer's handler that it came too late
  std::array<boost::asio::const_buffer, max_pieces> pieces_;
  std::size_t piece_count_ = 0;  // of them hold what is being written
  std::unique_ptr<PageAligned<buffer_size>> buffer_;
};

}  // namespace mig::proxy
