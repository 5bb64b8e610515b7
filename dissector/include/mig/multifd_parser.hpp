// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstdint>
#include <optional>

#include "mig/bytes.hpp"
#include "mig/event_sink.hpp"
#include "mig/held_bytes.hpp"
#include "mig/parse_error.hpp"
#include "mig/stream_tables.hpp"

namespace mig {

/// One multifd channel, source -> destination. Same contract as ForwardParser.
///
/// 64 bytes init packet, then packets: 320 bytes header, 512 KiB / page size offsets of 8 bytes, payload.
/// Source: migration/multifd.h MultiFDInit_t, MultiFDPacket_t, MultiFDPacketDeviceState_t.
class MultifdParser {
 public:
  enum class At : std::uint8_t { init, packet, page_offset, payload, failed };
  struct State {
    HeldBytes held;
    std::uint64_t offset = 0;
    std::uint64_t payload_left = 0;
    std::uint64_t payload_offset = 0;
    std::uint32_t data_size = 0;  // payload behind the offsets
    std::uint32_t normal_left = 0;
    std::uint32_t zero_left = 0;
    std::uint32_t unused_left = 0;  // offsets that mean nothing
    BlockId block = no_block;
    ParseError error;
    At at = At::init;
    PayloadKind payload_kind = PayloadKind::multifd_data;
  };

  explicit MultifdParser(StreamTables& tables) : tables_(&tables) {}

  std::optional<ParseError> feed(Bytes chunk, EventSink& sink);
  std::optional<ParseError> skip(std::uint64_t missing, EventSink& sink);
  std::optional<ParseError> finish(EventSink& sink);

  [[nodiscard]] Bytes held() const noexcept { return state_.held.bytes(); }
  [[nodiscard]] std::optional<ParseError> error() const noexcept;
  [[nodiscard]] State save() const noexcept { return state_; }
  void restore(const State& state) noexcept { state_ = state; }

 private:
  class Run;

  StreamTables* tables_;
  State state_;
};
static_assert(std::is_trivially_copyable_v<MultifdParser::State> && sizeof(MultifdParser::State) <= 512);

}  // namespace mig
