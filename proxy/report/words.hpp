// SPDX-License-Identifier: GPL-2.0-or-later
// Small pieces of text that log, trace and summary share.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "mig/migration.hpp"
#include "proxy/relay/observer.hpp"

namespace mig::proxy {

/// People count from 1.
[[nodiscard]] constexpr unsigned shown(ConnectionId id) { return static_cast<unsigned>(id) + 1; }
[[nodiscard]] constexpr unsigned shown(MigrationId id) { return static_cast<unsigned>(id) + 1; }

/// "source" for the forward direction.
[[nodiscard]] std::string_view sender(Direction direction) noexcept;
/// "orderly", "reset", "fault", "stopped".
[[nodiscard]] std::string_view to_string(Ending ending) noexcept;
/// "source-may-not-go-back": for programs; explain() is for people.
[[nodiscard]] std::string_view word(Notice notice) noexcept;

/// "phase: postcopy-device", or the notice in plain words.
[[nodiscard]] std::string notice_text(Notice notice, const Migration& migration);
/// "dropped by drop-pong"; `rules` are their texts, by RuleIndex.
[[nodiscard]] std::string decision_text(const Note& note, const std::vector<std::string>& rules);
/// The names that `who` may speak of; none before its migration is known.
[[nodiscard]] const StreamTables& tables_of(const Who& who) noexcept;

[[nodiscard]] std::string hex_text(std::uint64_t number);     ///< "0x42"
[[nodiscard]] std::string hex_bytes(std::string_view bytes);  ///< "00ff"
/// Bytes that are no printable ASCII as \xNN: names from the wire may hold anything.
[[nodiscard]] std::string printable(std::string_view text);

}  // namespace mig::proxy
