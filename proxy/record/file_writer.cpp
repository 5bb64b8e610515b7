// SPDX-License-Identifier: GPL-2.0-or-later
#include "proxy/record/file_writer.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <numeric>
#include <utility>

namespace mig::proxy {
namespace {

constexpr int look_again_ms = 100;  // whether to stop, while a reader does not read

std::size_t size_of(const std::vector<FileWriter::Block>& blocks) {
  return std::accumulate(blocks.begin(), blocks.end(), std::size_t{0},
                         [](std::size_t sum, const auto& block) { return sum + block.size(); });
}

}  // namespace

FileWriter::FileWriter(int fd, std::size_t limit) : fd_(fd), limit_(limit) {
  if (fd_ < 0) return;
  struct stat status {};
  is_file_ = ::fstat(fd_, &status) == 0 && S_ISREG(status.st_mode);
  if (!is_file_) ::fcntl(fd_, F_SETFL, ::fcntl(fd_, F_GETFL) | O_NONBLOCK);
  thread_ = std::thread([this] { run(); });
}

FileWriter::~FileWriter() {
  if (!thread_.joinable()) return;
  stop_ = true;
  {
    const std::lock_guard lock(mutex_);
    more_.notify_one();
  }
  thread_.join();
}

void FileWriter::add(std::vector<Block> blocks) {
  if (fd_ < 0 || error_ != 0 || blocks.empty()) return;
  waiting_ += size_of(blocks);
  const std::lock_guard lock(mutex_);
  queue_.push_back(std::move(blocks));
  more_.notify_one();
}

void FileWriter::finish(std::chrono::milliseconds patience) {
  if (fd_ < 0) return;
  std::unique_lock lock(mutex_);
  const bool done = empty_.wait_for(lock, patience, [this] { return queue_.empty() && !busy_; });
  if (!done && error_ == 0) error_ = ETIMEDOUT;
}

void FileWriter::run() {
  std::unique_lock lock(mutex_);
  while (!stop_) {
    more_.wait(lock, [this] { return stop_ || !queue_.empty(); });
    if (stop_ || queue_.empty()) continue;
    const auto blocks = std::move(queue_.front());
    queue_.pop_front();
    busy_ = true;
    lock.unlock();
    write(blocks);
    waiting_ -= size_of(blocks);
    lock.lock();
    busy_ = false;
    if (queue_.empty()) empty_.notify_all();
  }
}

void FileWriter::write(const std::vector<Block>& blocks) {
  std::size_t block = 0;
  std::size_t done = 0;  // bytes of that block
  while (block < blocks.size() && error_ == 0 && !stop_) {
    pollfd state{fd_, POLLOUT, 0};
    if (!is_file_ && ::poll(&state, 1, look_again_ms) <= 0) continue;
    if (!write_some(blocks, block, done)) error_ = errno;
  }
  // Readers want whole blocks: what was written of one that did not fit is taken back.
  if (done != 0 && is_file_) (void)!::ftruncate(fd_, static_cast<off_t>(whole_));
}

bool FileWriter::write_some(const std::vector<Block>& blocks, std::size_t& block, std::size_t& done) {
  std::array<iovec, 64> pieces{};
  const std::size_t count = std::min(pieces.size(), blocks.size() - block);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t skip = i == 0 ? done : 0;
    auto* from = const_cast<std::byte*>(blocks[block + i].data());  // NOLINT: writev only reads it
    pieces[i] = {from + skip, blocks[block + i].size() - skip};
  }
  const ssize_t written = ::writev(fd_, pieces.data(), static_cast<int>(count));
  if (written < 0) return errno == EINTR || errno == EAGAIN;
  done += static_cast<std::size_t>(written);
  while (block < blocks.size() && done >= blocks[block].size()) {
    done -= blocks[block].size();
    whole_ += blocks[block++].size();
  }
  return true;
}

}  // namespace mig::proxy
