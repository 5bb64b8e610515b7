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
static_assert(static_cast<unsigned>(Unit::bytes) < 8 * sizeof(UnitSet));
[[nodiscard]] constexpr UnitSet bit(Unit unit) { return UnitSet{1} << static_cast<unsigned>(unit); }

/// The units that `body` is the header of; 0 for all that no rule can name.
[[nodiscard]] UnitSet units_of(const EventBody& body);

/// The RAM block that a record or request means, and whether it says so itself.
struct BlockReference {
  BlockId block = no_block;
  bool named = false;
};
[[nodiscard]] std::optional<BlockReference> block_reference(const EventBody& body) noexcept;

/// The body of a unit that `inject` makes.
[[nodiscard]] EventBody injected_body(const FaultRule& rule);

}  // namespace mig::proxy
