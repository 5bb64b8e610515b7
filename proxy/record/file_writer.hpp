// SPDX-License-Identifier: GPL-2.0-or-later
// Writes blocks to a file on a thread of its own, so that a slow disk slows nobody.
#pragma once
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

namespace mig::proxy {

/// The file always ends with a whole block, also when the disk is full.
class FileWriter {
 public:
  using Block = std::vector<std::byte>;
  static constexpr std::size_t default_limit = std::size_t{64} << 20;

  /// `fd` is not closed. Where it is -1 nothing is written.
  explicit FileWriter(int fd, std::size_t limit = default_limit);
  /// What has not been written by then is lost: finish() first.
  ~FileWriter();
  FileWriter(const FileWriter&) = delete;
  FileWriter& operator=(const FileWriter&) = delete;

  [[nodiscard]] bool is_open() const noexcept { return fd_ >= 0; }
  void add(std::vector<Block> blocks);
  /// False while more than the limit waits to be written.
  [[nodiscard]] bool has_room() const noexcept { return waiting_ < limit_; }
  /// Waits until all is written, at most so long.
  void finish(std::chrono::milliseconds patience);
  /// errno of a write that failed (disk full, reader gone, no reader for too long), 0 if none did. Nothing is
  /// written afterwards.
  [[nodiscard]] int error() const noexcept { return error_; }

 private:
  void run();
  void write(const std::vector<Block>& blocks);
  bool write_some(const std::vector<Block>& blocks, std::size_t& block, std::size_t& done);

  int fd_;
  std::size_t limit_;
  bool is_file_ = false;
  std::size_t whole_ = 0;  // bytes of whole blocks that are in the file
  std::atomic<std::size_t> waiting_ = 0;
  std::atomic<int> error_ = 0;
  std::atomic<bool> stop_ = false;
  std::mutex mutex_;
  std::condition_variable more_, empty_;
  std::deque<std::vector<Block>> queue_;
  bool busy_ = false;
  std::thread thread_;
};

}  // namespace mig::proxy
