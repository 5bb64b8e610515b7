// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/analyses/page_set.hpp"

#include <algorithm>
#include <bit>

namespace mig::replay {

bool PageSet::insert(BlockId block, std::uint64_t page) {
  const Key key{block, page / pages_a_piece};
  if (last_ == nullptr || !(key == last_key_)) {
    if (pieces_.size() >= max_pieces && pieces_.find(key) == pieces_.end()) {
      full_ = true;
      return true;
    }
    auto& piece = pieces_[key];
    if (!piece) piece = std::make_unique<Piece>();
    last_key_ = key;
    last_ = piece.get();
  }
  auto& word = (*last_)[page % pages_a_piece / 64];
  const auto bit = 1ULL << (page % 64);
  const bool fresh = (word & bit) == 0;
  word |= bit;
  return fresh;
}

std::uint64_t PageSet::count(BlockId block, std::uint64_t first, std::uint64_t size) const {
  std::uint64_t n = 0;
  for (auto page = first; page < first + size;) {
    const auto in_word = std::min(64 - page % 64, first + size - page);
    const auto piece = pieces_.find({block, page / pages_a_piece});
    if (piece != pieces_.end()) {
      const auto word = (*piece->second)[page % pages_a_piece / 64] >> (page % 64);
      n += static_cast<unsigned>(std::popcount(in_word < 64 ? word & ((1ULL << in_word) - 1) : word));
    }
    page += in_word;
  }
  return n;
}

void PageSet::clear() noexcept {
  pieces_.clear();
  last_ = nullptr;
}

}  // namespace mig::replay
