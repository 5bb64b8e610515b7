// SPDX-License-Identifier: GPL-2.0-or-later
// Lines to a file or a terminal, without a system call per line and without ever making the relay wait.
#pragma once
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace mig::proxy {

/// Collects lines and writes them when there are many, or after `flush_after`; if that is 0, at once. A
/// reader that does not read (a pipe to a pager, a stopped terminal) must not stop a migration: what does not
/// fit is kept up to `max_backlog`, beyond that whole lines are omitted and counted.
class LineWriter {
 public:
  static constexpr std::size_t many = 64 * 1024;
  static constexpr std::size_t max_backlog = 64 * 1024 * 1024;

  /// `fd` is not closed.
  LineWriter(boost::asio::io_context& context, int fd, std::chrono::milliseconds flush_after);
  /// One line, without its newline.
  void add(std::string_view line);
  /// Writes all that goes without waiting.
  void flush();
  /// Writes the rest, waiting at most `patience` for a reader.
  void finish(std::chrono::milliseconds patience = std::chrono::seconds(2));
  /// Lines that the backlog had no room for.
  [[nodiscard]] std::uint64_t lines_left_out() const noexcept { return left_out_; }
  /// errno of a write that failed (disk full, reader gone), 0 if none did. Nothing is written afterwards; a
  /// file ends with a whole line.
  [[nodiscard]] int error() const noexcept { return error_; }

 private:
  void arm();
  void write_ready(int wait_ms);
  void wrote(std::size_t size);
  void drop_half_line() const;

  int fd_;
  std::chrono::milliseconds flush_after_;
  boost::asio::steady_timer timer_;
  std::string waiting_;
  std::size_t written_ = 0;    // of waiting_
  std::size_t half_line_ = 0;  // bytes of the last line that are written, and it is not whole
  std::uint64_t left_out_ = 0;
  int error_ = 0;
  bool armed_ = false;
};

}  // namespace mig::proxy
