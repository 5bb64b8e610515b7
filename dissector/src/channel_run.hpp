// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include "cursor.hpp"
#include "mig/channel_parser.hpp"

namespace mig {

/// One call of feed(), skip() or finish(): state, bytes and sink together. A Run derives from it and has
///   bool step();                          takes a unit, or a part of one; false: needs more, or has failed
///   std::optional<Payload> absorbs(std::uint64_t missing);  the piece of payload that these bytes are, taken
///   off
///                                         its account; nullopt: the framing needs them
///   bool may_end();                       the stream may end here
template <class Run, class State>
class ChannelRun {
 public:
  ChannelRun(State& state, StreamTables& tables, Bytes chunk, EventSink& sink) noexcept
      : state_(state), tables_(tables), in_(state.held, chunk), sink_(sink) {}

  /// Until the bytes are used up, a step has to wait for more, or the framing is lost.
  void all() {
    while (!in_.empty() && state_.at != At::failed && self().step()) {
    }
  }
  [[nodiscard]] Bytes rest() const noexcept { return in_.rest(); }

  void feed() {
    all();
    emit_unparsed();
  }

  [[nodiscard]] bool pass_missing(std::uint64_t missing) {
    const auto piece = state_.at == At::failed ? std::nullopt : self().absorbs(missing);
    if (piece) self().emit_missing(missing, piece);
    return piece.has_value();
  }

  void skip(std::uint64_t missing) {
    if (pass_missing(missing)) return;
    fail(ParseErrc::lost_bytes);
    emit_unparsed();
    emit_missing(missing, std::nullopt);
  }

  void finish() {
    if (state_.at == At::failed || self().may_end()) return;
    fail(ParseErrc::truncated);
    emit_unparsed();
  }

 protected:
  using At = typename State::At;

  /// Hands `raw` (what need() or piece() last showed) to the sink and takes it. The state is to be that after
  /// the event already.
  template <class Body>  // one of EventBody's: the event is made in place
  void emit(const Body& body, Bytes raw) {
    const auto begin = state_.offset;
    state_.offset += raw.size();
    const Event event{{begin, state_.offset}, body};
    sink_.on_event(event, raw);
    in_.take(raw.size());
  }
  void emit_empty(const EventBody& body) { sink_.on_event(Event{{state_.offset, state_.offset}, body}, {}); }
  void emit_missing(std::uint64_t missing, const std::optional<Payload>& of) {
    const auto begin = state_.offset;
    state_.offset += missing;
    sink_.on_event(Event{{begin, state_.offset}, Missing{of}}, {});
  }

  /// From here on everything is unparsed. The first error counts.
  bool fail(ParseErrc code) noexcept {
    if (state_.at != At::failed) state_.error = {code, state_.offset};
    state_.at = At::failed;
    return false;
  }

  State& state_;
  StreamTables& tables_;
  Cursor in_;
  EventSink& sink_;

 private:
  [[nodiscard]] Run& self() noexcept { return static_cast<Run&>(*this); }

  void emit_unparsed() {
    while (state_.at == At::failed && !in_.empty()) emit(Unparsed{state_.error.code}, in_.piece(UINT64_MAX));
  }
};

template <class State>
std::optional<ParseError> ChannelParser<State>::feed(Bytes chunk, EventSink& sink) {
  typename State::Run(state_, *tables_, chunk, sink).feed();
  return error();
}
template <class State>
std::optional<ParseError> ChannelParser<State>::skip(std::uint64_t missing, EventSink& sink) {
  typename State::Run(state_, *tables_, {}, sink).skip(missing);
  return error();
}
template <class State>
std::optional<ParseError> ChannelParser<State>::finish(EventSink& sink) {
  typename State::Run(state_, *tables_, {}, sink).finish();
  return error();
}
template <class State>
Bytes ChannelParser<State>::parse(Bytes chunk, EventSink& sink) {
  typename State::Run run(state_, *tables_, chunk, sink);
  run.all();
  return run.rest();
}
template <class State>
bool ChannelParser<State>::pass_missing(std::uint64_t missing, EventSink& sink) {
  return typename State::Run(state_, *tables_, {}, sink).pass_missing(missing);
}

}  // namespace mig
