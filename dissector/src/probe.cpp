// SPDX-License-Identifier: GPL-2.0-or-later
#include "probe.hpp"

#include <algorithm>
#include <bit>

#include "mig/wire.hpp"

namespace mig {
namespace {

constexpr std::uint64_t largest_offset = 1ULL << 48;  // no block is as long

}  // namespace

std::optional<std::uint16_t> fixed_length(std::uint16_t command) noexcept {
  switch (static_cast<CommandType>(command)) {
    case CommandType::ping:
    case CommandType::packaged: return 4;
    case CommandType::open_return_path:
    case CommandType::postcopy_listen:
    case CommandType::postcopy_run:
    case CommandType::postcopy_resume:
    case CommandType::enable_colo:
    case CommandType::switchover_start: return 0;
    default: return std::nullopt;
  }
}

Match probe_section_names(Lookahead& ahead, std::size_t at, SectionId open, bool any_version) {
  const auto head = ahead.need(at, 5);
  if (!head) return ahead.incomplete();
  const auto id = load_be32(*head);
  const std::size_t length = load_u8(*head, 4);
  if (length == 0 || id > wire::max_section_id || SectionId{id} == open) return Match::no;
  const auto rest = ahead.need(at + 5, length + 8);
  if (!rest) return ahead.incomplete();
  const bool fits =
      all_printable(as_text(rest->first(length))) && (any_version || load_be32(*rest, length + 4) <= 0xffff);
  return fits ? Match::yes : Match::no;
}

Match probe_vm_description(Lookahead& ahead, std::size_t at) {
  const auto raw = ahead.need(at, 6);
  if (!raw) return ahead.incomplete();
  const bool fits = load_u8(*raw) == wire::vm_description && load_u8(*raw, 5) == '{' &&
                    load_be32(*raw, 1) <= wire::max_vm_description;
  return fits ? Match::yes : Match::no;
}

Match probe_known_id(Lookahead& ahead, std::size_t at, const StreamTables& tables) {
  const auto raw = ahead.need(at, 4);
  if (!raw) return ahead.incomplete();
  const auto* info = tables.section(SectionId{load_be32(*raw)});
  return info != nullptr && info->iterative ? Match::yes : Match::no;
}

bool may_be_record(std::uint64_t word, std::uint64_t page_mask) noexcept {
  if (word == wire::ram_eos || word == wire::ram_multifd_flush) return true;
  const auto type = word & page_mask & ~wire::ram_continue;
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
