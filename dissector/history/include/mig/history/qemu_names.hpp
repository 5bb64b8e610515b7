// SPDX-License-Identifier: GPL-2.0-or-later
// What QEMU's sources and traces call commands and messages, by their numbers.
#pragma once
#include <array>
#include <string_view>

#include "mig/events.hpp"
#include "mig/wire.hpp"

namespace mig {

/// migration/savevm.h MIG_CMD_*
inline constexpr std::array<std::string_view, 12> qemu_commands = {
    "INVALID",      "OPEN_RETURN_PATH",     "PING",     "POSTCOPY_ADVISE", "POSTCOPY_LISTEN",
    "POSTCOPY_RUN", "POSTCOPY_RAM_DISCARD", "PACKAGED", "ENABLE_COLO",     "POSTCOPY_RESUME",
    "RECV_BITMAP",  "SWITCHOVER_START"};
/// migration/migration.h MIG_RP_MSG_*
inline constexpr std::array<std::string_view, 8> qemu_messages = {
    "INVALID", "SHUT", "PONG", "REQ_PAGES_ID", "REQ_PAGES", "RECV_BITMAP", "RESUME_ACK", "SWITCHOVER_ACK"};

static_assert(qemu_commands.size() == static_cast<std::size_t>(CommandType::switchover_start) + 1);
static_assert(qemu_messages.size() == static_cast<std::size_t>(MessageType::switchover_ack) + 1);

[[nodiscard]] constexpr std::string_view qemu_name(CommandType type) noexcept {
  const auto i = static_cast<std::size_t>(type);
  return i < qemu_commands.size() ? qemu_commands[i] : "unknown command";
}
[[nodiscard]] constexpr std::string_view qemu_name(MessageType type) noexcept {
  const auto i = static_cast<std::size_t>(type);
  return i < qemu_messages.size() ? qemu_messages[i] : "unknown message";
}

/// What packs the pages of a multifd packet with these flags (migration/multifd.h MULTIFD_FLAG_*): a value of
/// `multifd-compression`.
[[nodiscard]] constexpr std::string_view multifd_compression(std::uint32_t flags) noexcept {
  switch (flags & wire::multifd_compression_mask) {
    case 0x00: return "none";
    case 0x02: return "zlib";
    case 0x04: return "zstd";
    case 0x08: return "qpl";
    case 0x10: return "uadk";
    case 0x20: return "qatzip";
    default: return "unknown";
  }
}

}  // namespace mig
