// SPDX-License-Identifier: GPL-2.0-or-later
// What may be elements of the main channel, judged by their bytes alone.
#pragma once
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

}  // namespace mig
