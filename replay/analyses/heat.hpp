// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <array>
#include <cstdint>

namespace mig::replay {

/// Counts by place in a RAM block, in a fixed number of bins of equal width. Bins grow (two become one) when
/// a place lies behind the last.
class Heat {
 public:
  static constexpr std::size_t bins = 128;

  /// `length` of the block in bytes, 0 when it is not known; `page_size` is the smallest width.
  Heat(std::uint64_t length, std::uint32_t page_size);
  void add(std::uint64_t offset) noexcept;
  [[nodiscard]] std::uint64_t bin_bytes() const noexcept { return width_; }
  [[nodiscard]] const std::array<std::uint64_t, bins>& counts() const noexcept { return counts_; }

 private:
  std::uint64_t width_;
  std::array<std::uint64_t, bins> counts_{};
};

}  // namespace mig::replay
