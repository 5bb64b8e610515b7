// SPDX-License-Identifier: GPL-2.0-or-later
// Small pieces of text that log, trace and summary share.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "common/text.hpp"
#include "mig/history/migration.hpp"
#include "proxy/relay/observer.hpp"

namespace mig::proxy {

/// People count from 1.
[[nodiscard]] constexpr unsigned shown(ConnectionId id) { return static_cast<unsigned>(id) + 1; }
[[nodiscard]] constexpr unsigned shown(MigrationId id) { return static_cast<unsigned>(id) + 1; }

/// "source" for the forward direction.
[[nodiscard]] std::string_view sender(Direction direction) noexcept;
/// "orderly", "reset", "fault", "stopped".
[[nodiscard]] std::string_view to_string(Ending ending) noexcept;
/// "dropped by drop-pong"; `rules` are their texts, by RuleIndex.
[[nodiscard]] std::string decision_text(const Note& note, const std::vector<std::string>& rules);
/// "MIGRATED (certain): the destination runs the guest, and the source knows that it does not".
[[nodiscard]] std::string verdict_text(const Verdict& verdict);
/// The names that a connection's units may use; none before its migration is known.
[[nodiscard]] const StreamTables& tables_of(const Who& who) noexcept;

}  // namespace mig::proxy
