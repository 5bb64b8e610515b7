// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstdint>
#include <unordered_map>

#include "mig/events.hpp"

namespace mig::plugin {

/// Which pages the destination has been sent. One bit a page where pages are neighbours; its size follows the
/// bytes seen, never an offset that a stream claims.
class PageMap {
 public:
  /// True if the page was there already.
  bool put(BlockId block, std::uint64_t page) {
    auto& word = word_of(block, page);
    const auto bit = std::uint64_t{1} << (page % 64);
    const bool had = (word & bit) != 0;
    word |= bit;
    return had;
  }
  [[nodiscard]] bool has(BlockId block, std::uint64_t page) const {
    const auto found = words_.find(key(block, page));
    return found != words_.end() && (found->second >> (page % 64) & 1) != 0;
  }
  /// Takes pages out again; walks over the words it has where the range is longer than those.
  void drop(BlockId block, std::uint64_t first, std::uint64_t count);

 private:
  using Words = std::unordered_map<std::uint64_t, std::uint64_t>;
  [[nodiscard]] static std::uint64_t key(BlockId block, std::uint64_t page) noexcept {
    return std::uint64_t{static_cast<std::uint32_t>(block)} << 46 |
           page / 64;  // pages are 64-bit offsets / 1024
  }
  std::uint64_t& word_of(BlockId block, std::uint64_t page) {
    const auto wanted = key(block, page);
    if (last_ == nullptr || last_key_ != wanted) {
      last_key_ = wanted;
      last_ = &words_[wanted];  // stays valid: nodes do not move
    }
    return *last_;
  }

  Words words_;
  std::uint64_t last_key_ = 0;
  std::uint64_t* last_ = nullptr;
};

}  // namespace mig::plugin
