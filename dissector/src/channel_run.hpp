// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include "cursor.hpp"
#include "layout/layouts.hpp"
#include "layout/reader.hpp"
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
  template <class Body>
  void emit(const Body& body, Bytes raw) {
    emit(body, raw, self().extent_of(body));
  }
  template <class Body>  // one of EventBody's: the event is made in place
  void emit(const Body& body, Bytes raw, const Extent& extent) {
    const auto begin = state_.offset;
    state_.offset += raw.size();
    const Event event{{begin, state_.offset}, body, extent};
    sink_.on_event(event, raw);
    in_.take(raw.size());
  }
  void emit_empty(const EventBody& body, const Extent& extent = no_extent) {
    sink_.on_event(Event{{state_.offset, state_.offset}, body, extent}, {});
  }
  static constexpr std::uint32_t as_left(std::uint64_t bytes) noexcept {
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(bytes, Extent::unknown));
  }
  /// Bytes of the unit still to come; a Run that reads units has its own.
  static constexpr std::uint32_t unit_left() noexcept { return 0; }
  /// By the body's role and by what the state says comes next.
  template <class Body>
  [[nodiscard]] Extent extent_of(const Body&) const noexcept {
    constexpr auto role = Layout<Body>::role;
    if constexpr (role == Role::aside && !std::is_same_v<Body, Payload>) {
      return no_extent;
    } else {
      const auto left = static_cast<const Run&>(*this).unit_left();
      return {left, role == Role::header ? Level::unit : Level::none, left == 0 ? Level::unit : Level::none,
              false};
    }
  }
  void emit_missing(std::uint64_t missing, const std::optional<Payload>& of) {
    const auto begin = state_.offset;
    state_.offset += missing;
    sink_.on_event(Event{{begin, state_.offset}, Missing{of}, of ? self().extent_of(*of) : no_extent}, {});
  }

  // Payload whose length is known; the Run's payload_ended() says what comes behind it.
  bool step_payload() {
    const auto piece = in_.piece(state_.payload_left);
    const auto body = self().pass_payload(piece.size());
    self().emit(body, piece);
    return true;
  }
  /// What the next `count` bytes are; they are taken off the account.
  Payload pass_payload(std::uint64_t count) noexcept {
    const Payload body{state_.payload_kind, state_.payload_offset};
    state_.payload_offset += count;
    if ((state_.payload_left -= count) == 0) self().payload_ended();
    return body;
  }
  std::optional<Payload> absorbs(std::uint64_t missing) {
    if (state_.at != At::payload || state_.payload_left < missing) return std::nullopt;
    return self().pass_payload(missing);
  }

  /// The next `n` bytes, if they are there.
  std::optional<Bytes> want(std::size_t n) noexcept { return in_.need(n); }
  /// Reads a unit into `body`, in which whatever decides about its layout is set already. nullopt: bytes are
  /// missing, or they contradict the layout and the parser has failed with `code`. The bytes are not taken.
  template <class Body>
  std::optional<ReadUnit> read(Body& body, ParseErrc code) {
    Reader reader([this](std::size_t n) { return self().want(n); }, tables_.page_size);
    Layout<Body>::walk(reader, body);
    if (reader.bad()) fail(code);
    if (!reader.complete()) return std::nullopt;
    return ReadUnit{reader.raw(), reader.text()};
  }
  /// `id` becomes that of the text; false: the tables are full.
  bool name(NameId& id, std::string_view text) {
    const auto found = tables_.intern(text);
    id = found.value_or(no_name);
    return found.has_value() || fail(ParseErrc::too_many_names);
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
