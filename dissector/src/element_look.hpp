// SPDX-License-Identifier: GPL-2.0-or-later
// What may be elements of the main channel, judged by their bytes alone.
#pragma once
#include "mig/events.hpp"
#include "mig/stream_tables.hpp"
#include "peek.hpp"

namespace mig {

/// The fixed payload length of a command; nullopt: no such command, or it has none.
[[nodiscard]] std::optional<std::uint16_t> fixed_length(std::uint16_t command) noexcept;

/// be32 id, cstr idstr, be32 instance id, be32 version id: may these be those of a START or FULL header?
/// `any_version` where other things have proved it already.
[[nodiscard]] Answer look_at_section_names(Peek& peek, std::size_t at, SectionId open, bool any_version);
/// u8 0x06, be32 length, '{'.
[[nodiscard]] Answer look_at_vm_description(Peek& peek, std::size_t at);
/// be32 id of an iterative section that a START has announced.
[[nodiscard]] Answer look_at_known_id(Peek& peek, std::size_t at, const StreamTables& tables);

/// May an element begin here that look_at_elements() knows? Cheap, for scanning byte by byte.
[[nodiscard]] bool may_begin_element(Bytes bytes) noexcept;
/// May a main channel whose place is lost be read on from here? Adds up what the bytes of the elements from
/// here on say; docs/protocol.md 14 has the odds.
[[nodiscard]] Look look_at_elements(Peek& peek, const StreamTables& tables);

}  // namespace mig
