// SPDX-License-Identifier: GPL-2.0-or-later
// What the parsers of all channels have in common. docs/architecture.md has the five rules they keep.
#pragma once
#include <cstdint>
#include <optional>
#include <type_traits>

#include "mig/bytes.hpp"
#include "mig/event_sink.hpp"
#include "mig/held_bytes.hpp"
#include "mig/parse_error.hpp"
#include "mig/stream_tables.hpp"

namespace mig {

/// What the states of all parsers begin with.
struct ChannelState {
  HeldBytes held;
  std::uint64_t offset = 0;  // of the first byte not yet in an event
  ParseError error;          // final: what follows is Unparsed
};

/// One direction of one channel: bytes in, events out. I/O-free and incremental. The first error is final.
template <class StateType>
class ChannelParser {
 public:
  using State = StateType;

  /// Accepts all of `chunk`. Returns the error, if there has been one.
  std::optional<ParseError> feed(Bytes chunk, EventSink& sink);
  /// `missing` bytes were lost (capture gap): emits Missing. Fine inside a payload of known length, else an
  /// error.
  std::optional<ParseError> skip(std::uint64_t missing, EventSink& sink);
  /// End of stream: held bytes come out as Unparsed; an unfinished unit is ParseErrc::truncated.
  std::optional<ParseError> finish(EventSink& sink);

  /// feed() for a caller that deals with errors itself: returns the rest of `chunk`, to which after an error
  /// held() belongs, too. Without one the rest is empty.
  [[nodiscard]] Bytes parse(Bytes chunk, EventSink& sink);
  /// skip() for such a caller: false if the bytes are needed; then nothing was emitted.
  [[nodiscard]] bool pass_missing(std::uint64_t missing, EventSink& sink);

  /// Accepted, not yet in an event.
  [[nodiscard]] Bytes held() const noexcept { return state_.held.bytes(); }
  [[nodiscard]] bool failed() const noexcept { return state_.error.code != ParseErrc::none; }
  [[nodiscard]] std::optional<ParseError> error() const noexcept {
    if (!failed()) return std::nullopt;
    return state_.error;
  }
  [[nodiscard]] const State& state() const noexcept { return state_; }
  [[nodiscard]] StreamTables& tables() const noexcept { return *tables_; }

 protected:
  ChannelParser(StreamTables& tables, const State& state) noexcept : tables_(&tables), state_(state) {
    static_assert(std::is_trivially_copyable_v<State> && sizeof(State) <= 512);
  }
  StreamTables* tables_;  // outlive the parser
  State state_;
};

}  // namespace mig
