// SPDX-License-Identifier: GPL-2.0-or-later
// How the programs write numbers, bytes and turning points, wherever people or programs read them.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "mig/history/migration.hpp"

namespace mig {

[[nodiscard]] std::string hex_text(std::uint64_t number);     ///< "0x42"
[[nodiscard]] std::string hex_bytes(std::string_view bytes);  ///< "00ff"
/// Bytes that are no printable ASCII, and backslashes, as \xNN: names from the wire may hold anything.
[[nodiscard]] std::string printable(std::string_view text);
/// For file names and messages, which have people's own letters: UTF-8 stays, and so do backslashes and line
/// ends; what is no UTF-8 is \xNN, and so are control and direction characters, which a terminal obeys.
[[nodiscard]] std::string readable(std::string_view text);

/// "source-may-not-go-back": for programs; explain() is for people.
[[nodiscard]] std::string_view word(Notice notice) noexcept;
/// "phase: postcopy-device", or the notice in plain words.
[[nodiscard]] std::string notice_text(Notice notice, const Migration& migration);

}  // namespace mig
