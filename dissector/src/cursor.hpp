// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <algorithm>
#include <cassert>
#include <optional>

#include "mig/bytes.hpp"
#include "mig/held_bytes.hpp"

namespace mig {

/// The held bytes and the new chunk as one input. A view lies in the chunk wherever the chunk has it whole,
/// so that consumers can pass it on without a copy.
class Cursor {
 public:
  Cursor(HeldBytes& held, Bytes chunk) noexcept : held_(held), whole_(chunk), chunk_(chunk) {}

  [[nodiscard]] bool empty() const noexcept { return held_.empty() && chunk_.empty(); }
  [[nodiscard]] std::size_t available() const noexcept { return held_.size() + chunk_.size(); }

  /// What is neither taken nor held.
  [[nodiscard]] Bytes rest() const noexcept { return chunk_; }

  /// The next `n` bytes where they lie whole in the chunk; no data() where they do not.
  [[nodiscard]] Bytes ready(std::size_t n) const noexcept {
    return held_.empty() && chunk_.size() >= n ? chunk_.first(n) : Bytes();
  }

  /// The next `n` bytes (n <= HeldBytes::capacity) without taking them; when fewer are there, all are held
  /// and nullopt is returned: the same step is to ask again with the next chunk.
  [[nodiscard]] std::optional<Bytes> need(std::size_t n) noexcept {
    if (held_.empty() && chunk_.size() >= n) return chunk_.first(n);
    held_.top_up(n, chunk_);
    if (held_.size() < n) return std::nullopt;
    return held_.bytes().first(n);
  }

  /// As many bytes as lie together, at most `limit`; for payload, which is never held back.
  [[nodiscard]] Bytes piece(std::uint64_t limit) const noexcept {
    const Bytes all = held_.empty() ? chunk_ : held_.bytes();
    return all.first(static_cast<std::size_t>(std::min<std::uint64_t>(limit, all.size())));
  }

  /// Takes `n` bytes of what need() or piece() last showed.
  void take(std::size_t n) noexcept {
    assert(n <= (held_.empty() ? chunk_.size() : held_.size()));
    if (held_.empty()) {
      chunk_ = chunk_.subspan(n);
    } else {
      held_.drop(n);
      give_back();
    }
  }

 private:
  /// What is held after a look ahead and lies whole in this chunk need not be held.
  void give_back() noexcept {
    if (held_.size() > whole_.size() - chunk_.size()) return;
    chunk_ = whole_.last(chunk_.size() + held_.size());
    held_.drop(held_.size());
  }

  HeldBytes& held_;
  Bytes whole_;
  Bytes chunk_;  // the part of it that is neither taken nor held
};

}  // namespace mig
