// SPDX-License-Identifier: GPL-2.0-or-later
// Multifd channel (migration/multifd.c).
#pragma once
#include <array>
#include <cstdint>

#include "mig/stream_ids.hpp"

namespace mig {

struct MultifdInit {
  std::array<std::uint8_t, 16> uuid{};
  std::uint32_t version = 0;
  std::uint8_t channel = 0;
};
/// The first 320 bytes of a RAM packet. MultifdPage events (8 bytes each) and the payload follow.
struct MultifdPacket {
  std::uint64_t packet_num = 0;
  BlockId block = no_block;
  std::uint32_t flags = 0;
  std::uint32_t normal_pages = 0;
  std::uint32_t zero_pages = 0;
  std::uint32_t payload_size = 0;  ///< bytes behind the offsets; next_packet_size where it is not stale
  std::uint32_t pages_alloc = 0;   ///< offsets that a packet has room for
};
struct MultifdPage {
  BlockId block = no_block;
  bool zero = false;
  std::uint64_t page_offset = 0;
};  // be64
/// idstr[256], be32 instance id, be32 payload size.
struct MultifdDeviceState {
  NameId idstr = no_name;
  std::uint32_t instance_id = 0;
  std::uint32_t flags = 0;
  std::uint32_t payload_size = 0;
};

}  // namespace mig
