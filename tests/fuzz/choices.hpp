// SPDX-License-Identifier: GPL-2.0-or-later
// The front of a fuzz input: numbers that say what is done with the rest.
#pragma once
#include <algorithm>
#include <cstdint>
#include <string_view>

#include "mig/bytes.hpp"

namespace mig::test {

/// Reads from the front; where the input has ended, zeros.
class Choices {
 public:
  explicit Choices(Bytes input) noexcept : rest_(input) {}

  [[nodiscard]] std::uint8_t u8() noexcept { return static_cast<std::uint8_t>(number(1)); }
  [[nodiscard]] std::uint16_t be16() noexcept { return static_cast<std::uint16_t>(number(2)); }
  [[nodiscard]] std::uint32_t be32() noexcept { return static_cast<std::uint32_t>(number(4)); }
  /// At most `size` bytes.
  [[nodiscard]] Bytes take(std::size_t size) noexcept {
    const auto taken = rest_.first(std::min(size, rest_.size()));
    rest_ = rest_.subspan(taken.size());
    return taken;
  }
  /// Up to a zero byte, which is taken too.
  [[nodiscard]] std::string_view text() noexcept {
    const auto end = std::ranges::find(rest_, std::byte{});
    const auto text = as_text(take(static_cast<std::size_t>(end - rest_.begin())));
    static_cast<void>(take(1));
    return text;
  }
  [[nodiscard]] Bytes rest() const noexcept { return rest_; }

 private:
  std::uint64_t number(std::size_t size) noexcept {
    std::uint64_t value = 0;
    const auto bytes = take(size);
    for (std::size_t i = 0; i < size; ++i)
      value = value << 8 | (i < bytes.size() ? std::to_integer<std::uint64_t>(bytes[i]) : 0);
    return value;
  }
  Bytes rest_;
};

/// How an input is cut: a choice of 0 byte by byte, else pieces of 1 to 256 bytes that it alone decides.
class Pieces {
 public:
  explicit Pieces(std::uint8_t choice) noexcept : state_(choice) {}

  /// The size of the next one, at least 1.
  [[nodiscard]] std::size_t next() noexcept {
    if (state_ == 0) return 1;
    state_ = state_ * 1103515245 + 12345;
    return 1 + (state_ >> 16) % (std::size_t{1} << (state_ >> 8) % 9);
  }

 private:
  std::uint32_t state_;
};

}  // namespace mig::test
