// SPDX-License-Identifier: GPL-2.0-or-later
#include "ram_probe.hpp"

#include <algorithm>
#include <bit>

#include "mig/wire.hpp"

namespace mig {
namespace {

constexpr std::uint64_t largest_offset = 1ULL << 48;  // no block is as long

}  // namespace

bool may_be_record(std::uint64_t word) noexcept {
  if (word == wire::ram_eos || word == wire::ram_multifd_flush) return true;
  const auto type = word & smallest_page_mask & ~wire::ram_continue;
  return word < largest_offset && std::has_single_bit(type) && (type & wire::ram_any_page) != 0;
}

std::uint64_t longest_block(const StreamTables& tables) noexcept {
  std::uint64_t longest = 0;
  for (const auto& block : tables.blocks()) longest = std::max(longest, block.used_length);
  return tables.incomplete || longest == 0 ? largest_offset : longest;
}

Match probe_ram_word(Lookahead& ahead, std::size_t at, const StreamTables& tables) {
  const auto raw = ahead.need(at, 8);
  if (!raw) return ahead.incomplete();
  const auto word = load_be64(*raw);
  return may_be_record(word) && (word & ~smallest_page_mask) < longest_block(tables) ? Match::yes : Match::no;
}

}  // namespace mig
