// SPDX-License-Identifier: GPL-2.0-or-later
// Judging bytes without taking them.
#pragma once
#include <algorithm>
#include <optional>

#include "mig/bytes.hpp"
#include "mig/held_bytes.hpp"
#include "mig/resync.hpp"

namespace mig {

[[nodiscard]] inline bool all_printable(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c <= 0x7e; });
}

enum class Answer : std::uint8_t { no, undecided, yes };

/// Can be read on from this place? `place` is set where the answer is yes.
struct Look {
  Answer answer = Answer::no;
  Place place;
};

/// The bytes from one place on, as far as they are there. Who asks for more than that has to wait, or is told
/// no: at the end of the stream, or for more than may be held.
class Peek {
 public:
  Peek(Bytes window, bool last) noexcept : window_(window), last_(last) {}

  /// `n` bytes from `at` on.
  [[nodiscard]] std::optional<Bytes> need(std::size_t at, std::size_t n) noexcept {
    if (at + n <= window_.size()) return window_.subspan(at, n);
    needed_ = std::max(needed_, at + n);
    return std::nullopt;
  }
  /// The answer of who did not get what it needed.
  [[nodiscard]] Answer starved() const noexcept {
    return last_ || needed_ > HeldBytes::capacity ? Answer::no : Answer::undecided;
  }
  /// So many bytes would decide.
  [[nodiscard]] std::size_t needed() const noexcept { return needed_; }
  /// The stream (or its package) ends `at` bytes from here.
  [[nodiscard]] bool ends(std::size_t at) const noexcept { return last_ && at == window_.size(); }

 private:
  Bytes window_;
  bool last_;
  std::size_t needed_ = 0;
};

}  // namespace mig
