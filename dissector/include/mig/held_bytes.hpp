// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <algorithm>
#include <array>
#include <cassert>
#include <cstdint>

#include "mig/bytes.hpp"

namespace mig {

/// The bytes of an incomplete unit header, waiting for the rest. Trivially copyable.
class HeldBytes {
 public:
  /// The longest header of any channel: a multifd packet's first 320 bytes.
  static constexpr std::size_t capacity = 320;

  [[nodiscard]] Bytes bytes() const noexcept { return {data_.data(), size_}; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }

  /// Moves bytes from the front of `chunk` until `wanted` are held; `wanted` is at most `capacity`.
  void top_up(std::size_t wanted, Bytes& chunk) noexcept {
    assert(wanted <= capacity);
    if (size_ >= wanted) return;
    const auto n = std::min(wanted - size_, chunk.size());
    std::copy_n(chunk.begin(), n, data_.begin() + size_);
    size_ = static_cast<std::uint16_t>(size_ + n);
    chunk = chunk.subspan(n);
  }
  void drop(std::size_t n) noexcept {
    assert(n <= size_);
    std::copy(data_.begin() + static_cast<std::ptrdiff_t>(n), data_.begin() + size_, data_.begin());
    size_ = static_cast<std::uint16_t>(size_ - n);
  }

 private:
  std::array<std::byte, capacity> data_{};
  std::uint16_t size_ = 0;
};

}  // namespace mig
