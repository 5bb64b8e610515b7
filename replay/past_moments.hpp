// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <algorithm>
#include <cstdint>
#include <vector>

#include "mig/events.hpp"
#include "replay/input/moment.hpp"

namespace mig::replay {

/// When the bytes came that a parser still holds. A unit whose end is known only from what follows it, or
/// that was found by a search, is emitted late; its moment is that of its own last byte.
class PastMoments {
 public:
  /// The next `size` bytes of the direction came now.
  void fed(std::uint64_t size, const Moment& moment) {
    end_ += size;
    chunks_.push_back({end_, moment});
  }
  /// All but the last `held` bytes have been emitted.
  void keep(std::size_t held) {
    const auto emitted = end_ - std::min<std::uint64_t>(held, end_);
    const auto past = [&](const Chunk& c) { return c.end <= emitted; };
    chunks_.erase(chunks_.begin(), std::find_if_not(chunks_.begin(), chunks_.end(), past));
  }
  /// Of the last byte of `range`; `now` where that is not among what is held.
  [[nodiscard]] Moment of(const StreamRange& range, const Moment& now) const {
    const auto chunk =
        std::find_if(chunks_.begin(), chunks_.end(), [&](const Chunk& c) { return c.end >= range.end; });
    return chunk != chunks_.end() ? chunk->moment : now;
  }

 private:
  struct Chunk {
    std::uint64_t end = 0;  // of its bytes in the direction
    Moment moment;
  };
  std::vector<Chunk> chunks_;  // few: at most what a header or a search holds
  std::uint64_t end_ = 0;
};

}  // namespace mig::replay
