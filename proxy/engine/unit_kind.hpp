// SPDX-License-Identifier: GPL-2.0-or-later
// From events to the units that rules speak of.
#pragma once
#include <cstdint>
#include <optional>

#include "mig/events.hpp"
#include "mig/stream_tables.hpp"
#include "proxy/rules/fault_rule.hpp"

namespace mig::proxy {

/// A set of Unit as bits: one event can be several (a PING is also a command).
using UnitSet = std::uint32_t;
[[nodiscard]] constexpr UnitSet bit(Unit unit) { return UnitSet{1} << static_cast<unsigned>(unit); }

/// The units that `body` is the header of; 0 for all that no rule can name.
[[nodiscard]] UnitSet units_of(const EventBody& body);

/// Bytes of the unit behind its header event. nullopt: not known, the unit ends where the next one starts
/// (or, for a section, with its footer).
[[nodiscard]] std::optional<std::uint64_t> body_size(const EventBody& body,
                                                     const StreamTables* tables) noexcept;

/// True for an event that belongs to the unit before it.
[[nodiscard]] bool continues_unit(const EventBody& body) noexcept;
/// True for a unit that never stands inside a section: before it a section without footer has ended.
[[nodiscard]] bool is_top_level(const EventBody& body);

/// The RAM block that a record or request means, and whether it says so itself.
struct BlockReference {
  BlockId block = no_block;
  bool named = false;
};
[[nodiscard]] std::optional<BlockReference> block_reference(const EventBody& body) noexcept;

/// The body of a unit that `inject` makes.
[[nodiscard]] EventBody injected_body(const FaultRule& rule);

}  // namespace mig::proxy
