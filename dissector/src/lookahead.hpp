// SPDX-License-Identifier: GPL-2.0-or-later
// Judging bytes without taking them.
#pragma once
#include <algorithm>
#include <optional>

#include "mig/bytes.hpp"
#include "mig/held_bytes.hpp"

namespace mig {

enum class Match : std::uint8_t { no, partial, yes };

/// The bytes from one position on, as far as they have arrived. A probe that needs more bytes gets `partial`;
/// at the end of the stream, or beyond what may be held, it gets `no`.
class Lookahead {
 public:
  /// `last`: the stream (or its package) ends with `window`.
  Lookahead(Bytes window, bool last) noexcept : window_(window), last_(last) {}

  /// `n` bytes from `at` on.
  [[nodiscard]] std::optional<Bytes> need(std::size_t at, std::size_t n) noexcept {
    if (at + n <= window_.size()) return window_.subspan(at, n);
    needed_ = std::max(needed_, at + n);
    return std::nullopt;
  }
  /// The answer of a probe that ran out of bytes.
  [[nodiscard]] Match incomplete() const noexcept {
    return last_ || needed_ > HeldBytes::capacity ? Match::no : Match::partial;
  }
  /// The number of bytes that would decide.
  [[nodiscard]] std::size_t needed() const noexcept { return needed_; }
  /// The stream (or its package) ends `at` bytes from here.
  [[nodiscard]] bool ends(std::size_t at) const noexcept { return last_ && at == window_.size(); }

 private:
  Bytes window_;
  bool last_;
  std::size_t needed_ = 0;
};

}  // namespace mig
