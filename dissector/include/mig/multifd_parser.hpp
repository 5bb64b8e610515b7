// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include "mig/channel_parser.hpp"

namespace mig {

struct MultifdState : ChannelState {
  using Run = class MultifdRun;
  enum class At : std::uint8_t { init, packet, page_offset, payload, failed };

  std::uint64_t payload_left = 0;
  std::uint64_t payload_offset = 0;
  std::uint32_t data_size = 0;  // payload behind the offsets
  std::uint32_t normal_left = 0;
  std::uint32_t zero_left = 0;
  std::uint32_t unused_left = 0;  // offsets that mean nothing
  BlockId block = no_block;
  At at = At::init;
  PayloadKind payload_kind = PayloadKind::multifd_data;
};
extern template class ChannelParser<MultifdState>;

/// One multifd channel, source -> destination.
///
/// 64 bytes init packet, then packets: 320 bytes header, 512 KiB / page size offsets of 8 bytes, payload.
/// Source: migration/multifd.h MultiFDInit_t, MultiFDPacket_t, MultiFDPacketDeviceState_t.
class MultifdParser : public ChannelParser<MultifdState> {
 public:
  explicit MultifdParser(StreamTables& tables) : ChannelParser(tables, State()) {}
  /// Continues from `state`.
  MultifdParser(StreamTables& tables, const State& state) : ChannelParser(tables, state) {}
};

}  // namespace mig
