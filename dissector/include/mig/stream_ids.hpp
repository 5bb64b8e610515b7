// SPDX-License-Identifier: GPL-2.0-or-later
// Directions, channels, places and the ids that stand for names.
#pragma once
#include <cstdint>

namespace mig {

enum class Direction : std::uint8_t { forward, return_path };  // source -> destination, and back

/// What one TCP connection of a migration carries.
enum class ChannelKind : std::uint8_t { unknown, main, main_resumed, multifd, preempt, tls };
/// A main channel: sections, commands and the return path; after a recovery it is a new connection.
[[nodiscard]] constexpr bool is_main(ChannelKind kind) noexcept {
  return kind == ChannelKind::main || kind == ChannelKind::main_resumed;
}

/// Half-open range of one direction of one connection, in bytes since its first byte.
struct StreamRange {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  [[nodiscard]] std::uint64_t size() const noexcept { return end - begin; }
  friend bool operator==(const StreamRange&, const StreamRange&) = default;
};

enum class NameId : std::uint32_t {};     ///< a text of the migration, see StreamTables::name
enum class BlockId : std::uint32_t {};    ///< a RAM block of the migration, see StreamTables::block
enum class SectionId : std::uint32_t {};  ///< section id as on the wire
inline constexpr NameId no_name{0xffffffff};
inline constexpr BlockId no_block{0xffffffff};
inline constexpr SectionId no_section{0xffffffff};

}  // namespace mig
