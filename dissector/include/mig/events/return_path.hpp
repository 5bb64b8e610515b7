// SPDX-License-Identifier: GPL-2.0-or-later
// Return path (migration/migration.c MIG_RP_MSG_*): be16 type, be16 length, payload.
#pragma once
#include <cstdint>

#include "mig/stream_ids.hpp"

namespace mig {

enum class MessageType : std::uint16_t {
  shut = 1,
  pong,
  req_pages_id,
  req_pages,
  recv_bitmap,
  resume_ack,
  switchover_ack,
};

struct Shut {
  std::uint32_t value = 0;
};  ///< 0: destination is done; else it failed
struct Pong {
  std::uint32_t value = 0;
};
/// REQ_PAGES: be64 start, be32 length; REQ_PAGES_ID: also cstr block. Without a name `block` is that of the
/// request before.
struct PageRequest {
  BlockId block = no_block;
  std::uint32_t length = 0;
  std::uint64_t start = 0;
  bool names_block = false;
};
/// cstr block inside the message; behind it be64 size, `size` bytes as Payload, and the mark (RecvBitmapEnd).
struct RecvBitmap {
  BlockId block = no_block;
  std::uint64_t size = 0;
};
struct RecvBitmapEnd {};
struct ResumeAck {
  std::uint32_t value = 0;
};
struct SwitchoverAck {};
/// A message of a type that QEMU 11.1 does not know: a source closes the return path over it. Its `length`
/// bytes follow as Payload.
struct UnknownMessage {
  std::uint16_t type = 0;
  std::uint16_t length = 0;
};

}  // namespace mig
