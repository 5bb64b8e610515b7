// SPDX-License-Identifier: GPL-2.0-or-later
#include "message_lengths.hpp"

namespace mig {

bool message_length_fits(MessageType type, std::uint16_t length) noexcept {
  switch (type) {
    case MessageType::shut:
    case MessageType::pong:
    case MessageType::resume_ack: return length == 4;
    case MessageType::req_pages: return length == 12;
    case MessageType::req_pages_id: return length >= 14 && length <= 13 + 255;
    case MessageType::recv_bitmap: return length >= 2 && length <= 1 + 255;
    case MessageType::switchover_ack: return length == 0;
  }
  return false;
}

}  // namespace mig
