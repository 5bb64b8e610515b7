// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>

#include "mig/stream_ids.hpp"

namespace mig {

/// A row of what may be RAM records, each of which says at which offset the next one must begin.
struct RamChain {
  std::uint64_t body = 0;  // offset of the last record's page
  std::uint64_t next = 0;  // offset of the next record
  std::uint64_t page_offset = 0;
  BlockId block = no_block;
  std::uint32_t page_size = 0;  // 0: not known yet
  std::uint8_t links = 0;       // records so far
  std::uint8_t tried = 0;       // page sizes tried for `next`
  bool plain = false;           // the last record has a page of bytes
};

/// Chains are watched while the bytes pass, so that none of the pages in between is held. Trivially copyable.
class RamChains {
 public:
  static constexpr std::size_t capacity = 12;

  [[nodiscard]] RamChain* begin() noexcept { return chains_.data(); }
  [[nodiscard]] RamChain* end() noexcept { return chains_.data() + size_; }
  [[nodiscard]] const RamChain* begin() const noexcept { return chains_.data(); }
  [[nodiscard]] const RamChain* end() const noexcept { return chains_.data() + size_; }
  /// A chain that finds no room is not watched; its next record will begin a new one.
  void add(const RamChain& chain) noexcept {
    if (size_ < capacity) chains_[size_++] = chain;
  }
  void remove(RamChain* chain) noexcept {
    assert(chain >= begin() && chain < end());
    *chain = chains_[--size_];
  }

 private:
  std::array<RamChain, capacity> chains_{};
  std::uint8_t size_ = 0;
};

}  // namespace mig
