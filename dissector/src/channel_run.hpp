// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <algorithm>

#include "cursor.hpp"
#include "mig/channel_parser.hpp"
#include "peek.hpp"

namespace mig {

/// One call of feed(), skip() or finish(): state, bytes and sink together. A Run derives from it and has
///   bool step();                          takes a unit, or a part of one; false: needs more, or has stopped
///   std::optional<Payload> absorbs(std::uint64_t missing);   the piece of payload that these bytes are,
///   taken
///                                                            off its account; nullopt: the framing needs
///                                                            them
///   bool may_end();                       the stream may end here
///   Look look(Peek&, std::uint64_t);      can be read on from this place?
///   std::size_t next_place(Bytes, std::size_t from);   where to look next
///   void go_on(const Place&);             sets the state to that place
template <class Run, class State>
class ChannelRun {
 public:
  ChannelRun(State& state, StreamTables& tables, Bytes chunk, EventSink& sink) noexcept
      : state_(state), tables_(tables), in_(state.held, chunk), sink_(sink) {}

  /// Until the bytes are used up or a step has to wait for more.
  void all() {
    while (!in_.empty()) {
      if (state_.at == At::failed) return emit_unparsed();
      const bool on = state_.at == At::lost ? search() : self().step() || stopped();
      if (!on) return;
    }
  }

  void skip(std::uint64_t missing) {
    all();  // what a look-ahead may have held
    const auto of = state_.at == At::failed ? std::optional<Payload>() : self().absorbs(missing);
    if (!of) {
      if (!stopped()) fail(ParseErrc::lost_bytes);
      emit_unparsed();
      state_.loss = state_.at == At::lost ? ParseErrc::lost_bytes : state_.loss;
      state_.not_before = state_.offset + missing;
    }
    self().emit_missing(missing, of);
  }

  void finish() {
    ended_ = true;
    all();  // what a search or a look ahead has held
    if (stopped() || self().may_end()) return;
    note(ParseErrc::truncated);
    state_.at = At::failed;
    emit_unparsed();
  }

  void resume(const Place& place) {
    self().go_on(place);
    emit_empty(Resynchronised{place.anchor, state_.offset - state_.lost_from});
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
    if (state_.to_confirm != 0 && starts_unit(event.body) && --state_.to_confirm == 0)
      emit_empty(Confirmed{});
  }
  void emit_empty(const EventBody& body) { sink_.on_event(Event{{state_.offset, state_.offset}, body}, {}); }
  void emit_missing(std::uint64_t missing, const std::optional<Payload>& of) {
    const auto begin = state_.offset;
    state_.offset += missing;
    sink_.on_event(Event{{begin, state_.offset}, Missing{of}}, {});
  }

  /// The framing is lost: from here on everything is unparsed, to the end or until search() finds a place.
  bool fail(ParseErrc code) noexcept {
    note(code);
    const bool for_good = state_.resync == Resync::never || code == ParseErrc::not_migration ||
                          code == ParseErrc::bad_file_version;
    state_.at = for_good ? At::failed : At::lost;
    state_.not_before = state_.offset + 1;
    if (!for_good) self().lost();
    return false;
  }

  [[nodiscard]] bool stopped() const noexcept { return state_.at == At::failed || state_.at == At::lost; }
  /// How far a search may look; a package's end is one it need not search.
  [[nodiscard]] static std::uint64_t search_limit() noexcept { return UINT64_MAX; }
  static void lost() noexcept {}

  State& state_;
  StreamTables& tables_;
  Cursor in_;
  EventSink& sink_;

 private:
  [[nodiscard]] Run& self() noexcept { return static_cast<Run&>(*this); }

  void note(ParseErrc code) noexcept {
    if (state_.error.code == ParseErrc::none) state_.error = {code, state_.offset};
    state_.loss = code;
    state_.lost_from = state_.offset;
    state_.to_confirm = 0;
  }

  void emit_unparsed() {
    while (!in_.empty() && stopped()) self().emit(Unparsed{state_.loss}, in_.piece(self().search_limit()));
  }

  /// Looks for a place that can be read on from. False: more bytes are needed to tell.
  bool search() {
    const auto limit = self().search_limit();
    const Bytes bytes = in_.piece(limit);
    const bool last = ended_ || bytes.size() == limit;
    const auto closed = state_.not_before - std::min(state_.not_before, state_.offset);
    for (auto i = static_cast<std::size_t>(std::min<std::uint64_t>(closed, bytes.size()));; ++i) {
      i = self().next_place(bytes, i);
      Peek peek(bytes.subspan(i), last);
      const auto look = i < bytes.size() ? self().look(peek, state_.offset + i) : Look{};
      if (i < bytes.size() && look.answer == Answer::no) continue;
      if (i != 0) self().emit(Unparsed{state_.loss}, bytes.first(i));
      if (look.answer == Answer::yes) return self().resume(look.place), true;
      const auto wanted = std::min<std::uint64_t>(peek.needed(), limit);
      return i != 0 || in_.need(static_cast<std::size_t>(wanted)).has_value();
    }
  }

  bool ended_ = false;  // no more bytes will come
};

template <class State>
std::optional<ParseError> ChannelParser<State>::feed(Bytes chunk, EventSink& sink) {
  typename State::Run(state_, *tables_, chunk, sink).all();
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
void ChannelParser<State>::take_over(const ChannelState& so_far, const Place& place, EventSink& sink) {
  static_cast<ChannelState&>(state_) = so_far;
  if (place.anchor != Anchor::none) typename State::Run(state_, *tables_, {}, sink).resume(place);
}

}  // namespace mig
