// SPDX-License-Identifier: GPL-2.0-or-later
// What may be messages of the return path, judged by their bytes alone.
#pragma once
#include "peek.hpp"

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

/// May a message begin here, or the mark behind a bitmap? Cheap, for scanning byte by byte.
[[nodiscard]] bool may_begin_message(Bytes bytes) noexcept;
/// May a return path whose place is lost be read on from here? Yes where messages follow each other that say
/// enough together, or where the stream ends with SHUT.
[[nodiscard]] Look look_at_messages(Peek& peek);

}  // namespace mig
