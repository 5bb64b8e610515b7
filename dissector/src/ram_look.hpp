// SPDX-License-Identifier: GPL-2.0-or-later
// What may be RAM records, judged by their bytes alone.
#pragma once
#include "mig/ram_chains.hpp"
#include "mig/stream_tables.hpp"
#include "peek.hpp"

namespace mig {

/// Page sizes that a target may have where the stream has not said it (docs/protocol.md 3.3), ascending.
inline constexpr std::array<std::uint32_t, 5> page_sizes = {1024, 4096, 8192, 16384, 65536};

/// A block of that name is known, or may still become so.
[[nodiscard]] bool may_be_block(std::string_view name, const StreamTables& tables) noexcept;
/// May a RAM record begin here? Cheap, for scanning byte by byte; true where there are too few to tell.
[[nodiscard]] bool may_begin_record(Bytes bytes) noexcept;
/// The next place among `size` bytes from `offset` on at which a chain expects a record; `size`: none.
[[nodiscard]] std::size_t next_due(const RamChains& chains, std::uint64_t offset, std::size_t size,
                                   std::size_t from) noexcept;
/// A be64 that begins a RAM record, end marks included.
[[nodiscard]] Answer look_at_ram_word(Peek& peek, std::size_t at, const StreamTables& tables);

/// Watches the rows of records that may cross this place. Yes where the third record of a row, or the end
/// mark behind two, stands here.
[[nodiscard]] Look look_at_records(Peek& peek, std::uint64_t place, const StreamTables& tables,
                                   RamChains& chains);

}  // namespace mig
