// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <sys/types.h>

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "replay/input/compressed_file.hpp"

namespace mig::replay {

/// Bytes from somewhere, in their order.
class ByteSource {
 public:
  ByteSource() = default;
  ByteSource(const ByteSource&) = delete;
  ByteSource& operator=(const ByteSource&) = delete;
  virtual ~ByteSource() = default;
  /// Some bytes; 0 at the end; -1 and errno where they cannot be read.
  virtual ssize_t read(void* out, std::size_t size) = 0;
};

/// What is read from a source, through one buffer.
class RawInput {
 public:
  /// `begin` bytes were read before: offsets count from there.
  explicit RawInput(std::unique_ptr<ByteSource> source, std::uint64_t begin = 0)
      : source_(std::move(source)), count_(std::make_shared<std::uint64_t>(begin)) {}
  /// Waits for the first `size` bytes (at most the buffer's size), or the end; false: the end came first.
  bool fill(std::size_t size);
  [[nodiscard]] std::string_view view() const {
    return {reinterpret_cast<const char*>(bytes_.data()) + at_, left()};
  }
  /// Waits for more bytes when there are none; false at the end.
  bool more();
  [[nodiscard]] unsigned char* front() { return bytes_.data() + at_; }
  [[nodiscard]] std::size_t left() const { return size_ - at_; }
  void take(std::size_t n) { at_ += n; }
  /// How many bytes were read; lives as long as somebody holds it.
  [[nodiscard]] std::shared_ptr<const std::uint64_t> count() const { return count_; }

 private:
  ssize_t read_some(std::size_t at);

  std::unique_ptr<ByteSource> source_;
  std::array<unsigned char, 1U << 17> bytes_{};
  std::size_t size_ = 0, at_ = 0;
  std::shared_ptr<std::uint64_t> count_;
};

/// Unpacked bytes on demand.
class Unpacker {
 public:
  /// Nothing real needs more of a small file; what is larger is unpacked by its own program first.
  static constexpr std::uint64_t always_unpacked = 512ULL << 20, max_ratio = 50;

  explicit Unpacker(std::unique_ptr<RawInput> from) : input(std::move(from)) {}
  Unpacker(const Unpacker&) = delete;
  Unpacker& operator=(const Unpacker&) = delete;
  virtual ~Unpacker() = default;

  /// The first bytes, at most 16, kept to be read again.
  const std::string& look_ahead();
  /// Some bytes, 0 at the end, -1 and errno EILSEQ where damage() says why.
  ssize_t read_on(char* out, std::size_t size);
  /// Why reading failed, one sentence with the offset; empty as long as it did not. It outlives the unpacker.
  [[nodiscard]] std::shared_ptr<const std::string> damage() const { return damage_; }

 protected:
  /// Some bytes, 0 at the end, or what one of the functions below returns.
  virtual ssize_t read(char* out, std::size_t size) = 0;
  ssize_t cut_short();
  ssize_t damaged();
  ssize_t fail(const std::string& what);
  std::unique_ptr<RawInput> input;

 private:
  ssize_t read_bounded(char* out, std::size_t size);

  std::shared_ptr<std::string> damage_ = std::make_shared<std::string>();
  std::string ahead_;
  std::size_t given_ = 0;
  std::uint64_t unpacked_ = 0;
};

/// One kind of compressed data.
struct Packing {
  std::string_view name, magic;  ///< "gzip"; its first bytes
  std::unique_ptr<Unpacker> (*open)(std::unique_ptr<RawInput>);
};
/// By the first bytes of `input`; nullptr: it is not compressed.
[[nodiscard]] const Packing* packing_of(RawInput& input);
[[nodiscard]] std::unique_ptr<Unpacker> open_plain(std::unique_ptr<RawInput> input);

// One file each.
[[nodiscard]] std::unique_ptr<Unpacker> open_bzip2(std::unique_ptr<RawInput> input);
[[nodiscard]] std::unique_ptr<Unpacker> open_gzip(std::unique_ptr<RawInput> input);
[[nodiscard]] std::unique_ptr<Unpacker> open_lzop(std::unique_ptr<RawInput> input);
[[nodiscard]] std::unique_ptr<Unpacker> open_xz(std::unique_ptr<RawInput> input);
[[nodiscard]] std::unique_ptr<Unpacker> open_zstd(std::unique_ptr<RawInput> input);

}  // namespace mig::replay
