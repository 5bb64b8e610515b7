// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <sys/types.h>

#include <array>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>

#include "replay/input/packed_file.hpp"

namespace mig::replay {

/// What is read from a descriptor, through one buffer.
class RawInput {
 public:
  explicit RawInput(Descriptor fd) : fd_(std::move(fd)) {}
  /// Waits for the first `size` bytes (at most the buffer's size), or the end.
  void fill(std::size_t size);
  [[nodiscard]] bool starts_with(std::initializer_list<int> magic) const;
  /// Waits for more bytes when there are none; false at the end.
  bool more();
  [[nodiscard]] unsigned char* front() { return bytes_.data() + at_; }
  [[nodiscard]] std::size_t left() const { return size_ - at_; }
  void take(std::size_t n) { at_ += n; }
  [[nodiscard]] Descriptor& descriptor() { return fd_; }
  /// So many bytes were read; lives as long as somebody holds it.
  [[nodiscard]] std::shared_ptr<const std::uint64_t> count() const { return count_; }

 private:
  ssize_t read_some(std::size_t at);

  Descriptor fd_;
  std::array<unsigned char, 1U << 17> bytes_{};
  std::size_t size_ = 0, at_ = 0;
  std::shared_ptr<std::uint64_t> count_ = std::make_shared<std::uint64_t>(0);
};

/// Unpacked bytes on demand.
class Unpacker {
 public:
  explicit Unpacker(std::unique_ptr<RawInput> from) : input(std::move(from)) {}
  Unpacker(const Unpacker&) = delete;
  Unpacker& operator=(const Unpacker&) = delete;
  virtual ~Unpacker() = default;

  /// Some bytes, 0 at the end, -1 and errno EILSEQ where the packed data is damaged or ends too early.
  virtual ssize_t read(char* out, std::size_t size) = 0;
  /// The first bytes, at most 8, kept to be read again.
  const std::string& look_ahead();
  ssize_t read_on(char* out, std::size_t size);
  /// Why read() failed, one sentence with the offset; empty as long as it did not. It outlives the unpacker.
  [[nodiscard]] std::shared_ptr<const std::string> damage() const { return damage_; }

 protected:
  /// For read() to return.
  ssize_t cut_short();
  ssize_t damaged();
  std::unique_ptr<RawInput> input;

 private:
  ssize_t fail(const std::string& what);

  std::shared_ptr<std::string> damage_ = std::make_shared<std::string>();
  std::string ahead_;
  std::size_t given_ = 0;
};

/// The one that fits the first bytes.
[[nodiscard]] std::unique_ptr<Unpacker> unpacker_for(std::unique_ptr<RawInput> input);

}  // namespace mig::replay
