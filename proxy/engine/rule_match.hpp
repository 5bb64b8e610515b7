// SPDX-License-Identifier: GPL-2.0-or-later
// Does an event fit a rule? By unit names and fields only.
#pragma once
#include <optional>
#include <string_view>

#include "mig/events.hpp"
#include "mig/stream_tables.hpp"
#include "proxy/rules/fault_rule.hpp"
#include "proxy/rules/unit_kind.hpp"

namespace mig::proxy {

/// idstr as wanted: whole, or the part after its last slash.
[[nodiscard]] bool name_fits(std::string_view wanted, std::string_view idstr) noexcept;

/// value=, name=, instance=, block= and offset= of the rule against the header of one of its units.
[[nodiscard]] bool unit_fits(const FaultRule& rule, const Event& event, const StreamTables& tables);
/// on= or until= against a unit.
[[nodiscard]] bool trigger_fits(const Trigger& trigger, const Event& event, UnitSet units,
                                const StreamTables& tables);
/// channel= against the channel of a connection.
[[nodiscard]] bool channel_fits(const std::optional<ChannelChoice>& wanted, ChannelKind kind) noexcept;

/// Where something happens; what is absent is not asked for.
struct Scope {
  std::optional<ConnectionId> connection{};
  std::optional<const Migration*> migration{};  ///< nullptr: of none that is known
  std::optional<std::optional<Phase>> phase{};  ///< of that migration
};
/// connection=, migration= and phase= of the rule.
[[nodiscard]] bool scope_fits(const FaultRule& rule, const Scope& scope) noexcept;

}  // namespace mig::proxy
