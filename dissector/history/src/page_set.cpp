// SPDX-License-Identifier: GPL-2.0-or-later
#include "mig/history/page_set.hpp"

#include <algorithm>
#include <bit>

namespace mig {

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

bool PageSet::has_all(BlockId block, std::uint64_t pages) const {
  for (std::uint64_t first = 0; first < pages; first += pages_a_piece) {
    const auto size = std::min(pages_a_piece, pages - first);
    if (count(block, first, size) != size) return false;
  }
  return true;
}

/// [begin, end) count from the first page of the piece.
void PageSet::erase_from(Piece& piece, std::uint64_t begin, std::uint64_t end) noexcept {
  while (begin < end) {
    const auto in_word = std::min(64 - begin % 64, end - begin);
    const auto ones = in_word < 64 ? (1ULL << in_word) - 1 : ~0ULL;
    piece[begin / 64] &= ~(ones << (begin % 64));
    begin += in_word;
  }
}

void PageSet::erase(BlockId block, std::uint64_t first, std::uint64_t size) {
  const auto end = size > UINT64_MAX - first ? UINT64_MAX : first + size;
  for (auto& [key, piece] : pieces_) {
    const auto begins = key.number * pages_a_piece;
    if (key.block != block || begins >= end || begins + pages_a_piece <= first) continue;
    erase_from(*piece, std::max(first, begins) - begins, std::min(end - begins, pages_a_piece));
  }
}

void PageSet::clear() noexcept {
  pieces_.clear();
  last_ = nullptr;
}

}  // namespace mig
