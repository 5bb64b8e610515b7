// SPDX-License-Identifier: GPL-2.0-or-later
#include "proxy/report/line_writer.hpp"

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <utility>

namespace mig::proxy {

LineWriter::LineWriter(boost::asio::io_context& context, int fd, std::chrono::milliseconds flush_after)
    : fd_(fd), flush_after_(flush_after), timer_(context) {}

void LineWriter::add(std::string_view line) {
  if (error_ != 0) return;
  if (waiting_.size() - written_ + line.size() > max_backlog) {
    ++left_out_;
    return;
  }
  waiting_.append(line);
  waiting_ += '\n';
  if (flush_after_.count() == 0 || waiting_.size() - written_ >= many) flush();
  if (!waiting_.empty()) arm();
}

void LineWriter::arm() {
  if (std::exchange(armed_, true)) return;
  timer_.expires_after(flush_after_);
  timer_.async_wait([this](const boost::system::error_code& error) {
    armed_ = false;
    if (error) return;
    flush();
    if (!waiting_.empty()) arm();
  });
}

void LineWriter::flush() { write_ready(0); }

void LineWriter::write_ready(int wait_ms) {
  while (written_ < waiting_.size() && error_ == 0) {
    pollfd state{fd_, POLLOUT, 0};
    if (::poll(&state, 1, wait_ms) <= 0) break;
    // A pipe that is said to be writable takes PIPE_BUF bytes without blocking, not more. Files take all.
    struct stat status {};
    const bool is_file = ::fstat(fd_, &status) == 0 && S_ISREG(status.st_mode);
    const std::size_t left = waiting_.size() - written_;
    const ssize_t written =
        ::write(fd_, waiting_.data() + written_, is_file ? left : std::min<std::size_t>(left, PIPE_BUF));
    if (written > 0) {
      wrote(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN) {
      break;
    } else if (errno != EINTR) {
      error_ = errno;
      if (is_file) drop_half_line();
    }
  }
  if (written_ == waiting_.size() || error_ != 0) {
    waiting_.clear();
    written_ = 0;
  } else if (written_ > waiting_.size() / 2) {
    waiting_.erase(0, written_);
    written_ = 0;
  }
}

void LineWriter::wrote(std::size_t size) {
  const auto text = std::string_view(waiting_).substr(written_, size);
  const auto end = text.rfind('\n');
  half_line_ = end == std::string_view::npos ? half_line_ + size : size - end - 1;
  written_ += size;
}

/// A full disk takes part of a line: readers want whole ones.
void LineWriter::drop_half_line() const {
  const auto end = ::lseek(fd_, 0, SEEK_CUR);
  if (end >= 0) (void)!::ftruncate(fd_, end - static_cast<off_t>(half_line_));
}

void LineWriter::finish(std::chrono::milliseconds patience) {
  write_ready(static_cast<int>(patience.count()));
}

}  // namespace mig::proxy
