// SPDX-License-Identifier: GPL-2.0-or-later
// What may be RAM records, judged by their bytes alone.
#pragma once
#include <cstdint>

#include "lookahead.hpp"
#include "mig/stream_tables.hpp"

namespace mig {

inline constexpr std::uint64_t smallest_page_mask = 1024 - 1;  // no target has smaller pages

/// Could this be64 begin a RAM record?
[[nodiscard]] bool may_be_record(std::uint64_t word) noexcept;
/// No page offset reaches this, as far as the tables know.
[[nodiscard]] std::uint64_t longest_block(const StreamTables& tables) noexcept;
/// A be64 that begins a RAM record, end marks included.
[[nodiscard]] Match probe_ram_word(Lookahead& ahead, std::size_t at, const StreamTables& tables);

}  // namespace mig
