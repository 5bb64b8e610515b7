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
#include "mig/resync.hpp"
#include "mig/stream_tables.hpp"

namespace mig {

/// What the states of all parsers begin with.
struct ChannelState {
  HeldBytes held;
  std::uint64_t offset = 0;      // of the first byte not yet in an event
  std::uint64_t lost_from = 0;   // where the place in the stream was lost last
  std::uint64_t not_before = 0;  // no place before this one is taken: what stands there has misled already
  ParseError error;              // the first
  ParseErrc loss = ParseErrc::none;  // why bytes are unparsed now
  Resync resync = Resync::never;
  std::uint8_t to_confirm = 0;  // units that must still fit before what is read is no guess any more
};

/// One direction of one channel: bytes in, events out. I/O-free and incremental.
template <class StateType>
class ChannelParser {
 public:
  using State = StateType;

  /// Accepts all of `chunk`. Returns the stream's first error, if there has been one.
  std::optional<ParseError> feed(Bytes chunk, EventSink& sink);
  /// `missing` bytes were lost (capture gap): emits Missing. Fine inside a payload of known length, else an
  /// error.
  std::optional<ParseError> skip(std::uint64_t missing, EventSink& sink);
  /// End of stream: held bytes come out as Unparsed; an unfinished unit is ParseErrc::truncated.
  std::optional<ParseError> finish(EventSink& sink);

  /// Accepted, not yet in an event.
  [[nodiscard]] Bytes held() const noexcept { return state_.held.bytes(); }
  [[nodiscard]] std::optional<ParseError> error() const noexcept {
    if (state_.error.code == ParseErrc::none) return std::nullopt;
    return state_.error;
  }
  /// Goes on for a search that has found `place`, or, where that is none, that has not: with its bytes held
  /// and its offset. They are parsed by the next call.
  void take_over(const ChannelState& so_far, const Place& place, EventSink& sink);

  [[nodiscard]] State save() const noexcept { return state_; }
  void restore(const State& state) noexcept { state_ = state; }

 protected:
  ChannelParser(StreamTables& tables, Resync resync) noexcept : tables_(&tables) {
    static_assert(std::is_trivially_copyable_v<State> && sizeof(State) <= 1024);
    state_.resync = resync;
  }
  /// The first bytes are from the middle of the channel.
  void begin_lost() noexcept {
    state_.at = State::At::lost;
    state_.error.code = state_.loss = ParseErrc::start_unseen;
  }
  StreamTables* tables_;  // outlive the parser
  State state_;
};

}  // namespace mig
