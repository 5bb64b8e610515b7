// SPDX-License-Identifier: GPL-2.0-or-later
// What may be elements of the main channel or RAM records, judged by their bytes alone.
#pragma once
#include <cstdint>
#include <optional>

#include "lookahead.hpp"
#include "mig/events.hpp"
#include "mig/stream_tables.hpp"

namespace mig {

/// The fixed payload length of a command; nullopt: no such command, or it has none.
[[nodiscard]] std::optional<std::uint16_t> fixed_length(std::uint16_t command) noexcept;

/// be32 id, cstr idstr, be32 instance id, be32 version id: may these be those of a START or FULL header?
/// `any_version` where other things have proved it already.
[[nodiscard]] Match probe_section_names(Lookahead& ahead, std::size_t at, SectionId open, bool any_version);
/// u8 0x06, be32 length, '{'.
[[nodiscard]] Match probe_vm_description(Lookahead& ahead, std::size_t at);
/// be32 id of an iterative section that a START has announced.
[[nodiscard]] Match probe_known_id(Lookahead& ahead, std::size_t at, const StreamTables& tables);

inline constexpr std::uint64_t smallest_page_mask = 1024 - 1;  // a search does not look for smaller pages

/// Could this be64 begin a RAM record of a target with pages of this size or more?
[[nodiscard]] bool may_be_record(std::uint64_t word, std::uint64_t page_mask = smallest_page_mask) noexcept;
/// No page offset reaches this, as far as the tables know.
[[nodiscard]] std::uint64_t longest_block(const StreamTables& tables) noexcept;
/// A be64 that begins a RAM record, end marks included.
[[nodiscard]] Match probe_ram_word(Lookahead& ahead, std::size_t at, const StreamTables& tables);

}  // namespace mig
