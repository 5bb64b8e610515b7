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

/// Destination -> source, on the main connection. Same contract as ForwardParser.
///
/// Message: be16 type, be16 length, payload. Source: migration/migration.c source_return_path_thread().
class ReturnPathParser {
 public:
  enum class At : std::uint8_t { message, bitmap, bitmap_end, failed };
  struct State {
    HeldBytes held;
    std::uint64_t offset = 0;
    std::uint64_t bitmap_left = 0;
    std::uint64_t bitmap_offset = 0;
    BlockId last_block = no_block;  // REQ_PAGES repeats the block of the request before
    ParseError error;
    At at = At::message;
  };

  explicit ReturnPathParser(StreamTables& tables) : tables_(&tables) {}

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
static_assert(std::is_trivially_copyable_v<ReturnPathParser::State> &&
              sizeof(ReturnPathParser::State) <= 512);

}  // namespace mig
