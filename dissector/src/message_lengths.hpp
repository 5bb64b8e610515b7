// SPDX-License-Identifier: GPL-2.0-or-later
// The messages of the return path.
#pragma once
#include <cstddef>
#include <cstdint>

namespace mig {

// migration/migration.c MIG_RP_MSG_*
enum class MessageType : std::uint16_t {
  shut = 1,
  pong,
  req_pages_id,
  req_pages,
  recv_bitmap,
  resume_ack,
  switchover_ack,
};
inline constexpr std::size_t message_header_size = 4;  // be16 type, be16 length

/// What a type's length may be; the message is then header + length bytes.
[[nodiscard]] bool message_length_fits(MessageType type, std::uint16_t length) noexcept;

}  // namespace mig
