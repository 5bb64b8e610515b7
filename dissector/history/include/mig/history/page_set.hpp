// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <unordered_map>

#include "mig/events.hpp"

namespace mig {

/// Which pages of which RAM blocks: one bit a page, kept in pieces of 128 MiB of guest memory (at 4 KiB a
/// page). Its size follows the pages that were inserted, never an offset that a stream claims, and is
/// bounded: when `max_pieces` are full no more pages are taken in, and full() says so.
class PageSet {
 public:
  static constexpr std::size_t max_pieces = 16384;  // 64 MiB here, 2 TiB of guest memory

  /// True when the page was not in yet.
  bool insert(BlockId block, std::uint64_t page);
  /// How many of the `size` pages from `first` on are in.
  [[nodiscard]] std::uint64_t count(BlockId block, std::uint64_t first, std::uint64_t size) const;
  [[nodiscard]] bool has(BlockId block, std::uint64_t page) const { return count(block, page, 1) != 0; }
  /// All `pages` from 0 on are in. Costs no more than the pieces that there are.
  [[nodiscard]] bool has_all(BlockId block, std::uint64_t pages) const;
  /// Takes the `size` pages from `first` on out. Costs no more than the pieces that there are.
  void erase(BlockId block, std::uint64_t first, std::uint64_t size);
  void clear() noexcept;
  [[nodiscard]] bool full() const noexcept { return full_; }

 private:
  static constexpr std::uint64_t pages_a_piece = 32768;
  using Piece = std::array<std::uint64_t, pages_a_piece / 64>;
  struct Key {
    BlockId block{};
    std::uint64_t number = 0;
    friend bool operator==(const Key&, const Key&) = default;
  };
  struct Hash {
    std::size_t operator()(const Key& k) const noexcept {
      return static_cast<std::size_t>((k.number * 0x9e3779b97f4a7c15ULL) ^
                                      static_cast<std::uint64_t>(k.block));
    }
  };
  static void erase_from(Piece& piece, std::uint64_t begin, std::uint64_t end) noexcept;

  std::unordered_map<Key, std::unique_ptr<Piece>, Hash> pieces_;
  Key last_key_{no_block, 0};
  Piece* last_ = nullptr;  // pages come in runs
  bool full_ = false;
};

}  // namespace mig
