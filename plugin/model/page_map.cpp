// SPDX-License-Identifier: GPL-2.0-or-later
#include "plugin/model/page_map.hpp"

namespace mig::plugin {

void PageMap::drop(BlockId block, std::uint64_t first, std::uint64_t count) {
  const auto clear = [&](std::uint64_t& word, std::uint64_t word_first) {
    for (std::uint64_t bit = 0; bit < 64; ++bit) {
      if (word_first + bit - first < count) word &= ~(std::uint64_t{1} << bit);
    }
  };
  if (count / 64 > words_.size()) {
    for (auto& [at, word] : words_) {
      if (at >> 46 == key(block, 0) >> 46) clear(word, (at & ((std::uint64_t{1} << 46) - 1)) * 64);
    }
    return;
  }
  for (auto at = first / 64; at <= (first + count) / 64; ++at) {
    const auto found = words_.find(key(block, at * 64));
    if (found != words_.end()) clear(found->second, at * 64);
  }
}

}  // namespace mig::plugin
