// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <algorithm>
#include <optional>

#include "mig/bytes.hpp"
#include "mig/event_sink.hpp"
#include "mig/held_bytes.hpp"

namespace mig {

/// The held bytes and the new chunk as one input. A view lies in the chunk wherever the chunk has it whole,
/// so that consumers can pass it on without a copy.
class Cursor {
 public:
  Cursor(HeldBytes& held, Bytes chunk) noexcept : held_(held), chunk_(chunk) {}

  [[nodiscard]] bool empty() const noexcept { return held_.empty() && chunk_.empty(); }
  [[nodiscard]] std::size_t available() const noexcept { return held_.size() + chunk_.size(); }

  /// The next `n` bytes (n <= HeldBytes::capacity) without taking them; when fewer are there, all are held
  /// and nullopt is returned: the same step is to ask again with the next chunk.
  [[nodiscard]] std::optional<Bytes> need(std::size_t n) noexcept {
    if (held_.empty() && chunk_.size() >= n) return chunk_.first(n);
    held_.top_up(n, chunk_);
    if (held_.size() < n) return std::nullopt;
    return held_.bytes().first(n);
  }

  /// As many bytes as lie together, at most `limit`; for payload, which is never held back.
  [[nodiscard]] Bytes piece(std::uint64_t limit) const noexcept {
    const Bytes all = held_.empty() ? chunk_ : held_.bytes();
    return all.first(static_cast<std::size_t>(std::min<std::uint64_t>(limit, all.size())));
  }

  /// Takes `n` bytes of what need() or piece() last showed.
  void take(std::size_t n) noexcept {
    if (held_.empty()) {
      chunk_ = chunk_.subspan(n);
    } else {
      held_.drop(n);
    }
  }

 private:
  HeldBytes& held_;
  Bytes chunk_;
};

/// What the parsers have in common: a place in a direction's bytes, and the one way out, emit().
template <class State>
class Emitter {
 public:
  Emitter(State& state, Bytes chunk, EventSink& sink) noexcept
      : state_(state), in_(state.held, chunk), sink_(sink) {}

 protected:
  /// Hands `raw` (what need() or piece() last showed) to the sink and takes it.
  void emit(const EventBody& body, Bytes raw) {
    const auto begin = state_.offset;
    state_.offset += raw.size();
    sink_.on_event(Event{{begin, state_.offset}, body}, raw);
    in_.take(raw.size());
  }

  /// The first error of the direction; from here on everything is unparsed.
  void fail(ParseErrc code) noexcept {
    state_.error = {code, state_.offset};
    state_.at = decltype(state_.at)::failed;
  }

  void emit_unparsed() {
    while (!in_.empty()) emit(Unparsed{state_.error.code}, in_.piece(UINT64_MAX));
  }

  State& state_;
  Cursor in_;
  EventSink& sink_;
};

}  // namespace mig
