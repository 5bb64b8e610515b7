// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include "mig/channel_parser.hpp"

namespace mig {

struct ReturnPathState : ChannelState {
  using Run = class ReturnPathRun;
  enum class At : std::uint8_t { message, payload, bitmap_end, failed };

  std::uint64_t payload_left = 0;
  std::uint64_t payload_offset = 0;
  BlockId last_block = no_block;  // REQ_PAGES repeats the block of the request before
  At at = At::message;
  PayloadKind payload_kind = PayloadKind::received_bitmap;
};
extern template class ChannelParser<ReturnPathState>;

/// Destination -> source, on the main connection.
///
/// Message: be16 type, be16 length, payload. Source: migration/migration.c source_return_path_thread().
class ReturnPathParser : public ChannelParser<ReturnPathState> {
 public:
  explicit ReturnPathParser(StreamTables& tables) : ChannelParser(tables, State()) {}
  /// Continues from `state`.
  ReturnPathParser(StreamTables& tables, const State& state) : ChannelParser(tables, state) {}
};

}  // namespace mig
