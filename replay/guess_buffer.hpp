// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <vector>

#include "mig/bytes.hpp"
#include "mig/events.hpp"
#include "replay/input/moment.hpp"

namespace mig::replay {

/// Keeps what a parser says from Resynchronised on until it is confirmed: then it is emitted as it is. What
/// never is confirmed is shown as a guess, and its bytes are emitted as Unparsed. Bounded: of a guess that
/// grows beyond `max_bytes` or `max_events` the front is given up.
class GuessBuffer {
 public:
  static constexpr std::size_t max_bytes = 1U << 20;
  static constexpr std::size_t max_events = 1U << 18;

  /// `out.emitted(event, raw, moment)` is called for everything that is certain, `out.guessed()` for what is
  /// not.
  template <class Out>
  void add(const Event& event, Bytes raw, const Moment& moment, const Out& out) {
    if (const auto* unparsed = std::get_if<Unparsed>(&event.body)) {
      give_up(out);
      loss_ = unparsed->cause;
      return out.emitted(event, raw, moment);
    }
    if (std::holds_alternative<Resynchronised>(event.body)) guessing_ = true;
    if (!guessing_) return out.emitted(event, raw, moment);
    kept_.push_back({event, moment, bytes_.size(), raw.size()});
    bytes_.insert(bytes_.end(), raw.begin(), raw.end());
    if (std::holds_alternative<Confirmed>(event.body)) return release(out);
    if (bytes_.size() > max_bytes || kept_.size() > max_events) drop(out);
  }
  [[nodiscard]] bool guessing() const noexcept { return guessing_; }
  /// What is kept was no more than a guess.
  template <class Out>
  void give_up(const Out& out) {
    drop(out);
    guessing_ = false;
  }

 private:
  struct Kept {
    Event event;
    Moment moment;
    std::size_t begin = 0, size = 0;  // of its bytes
  };
  [[nodiscard]] Bytes raw_of(const Kept& k) const { return Bytes(bytes_).subspan(k.begin, k.size); }
  void clear() noexcept {
    kept_.clear();
    bytes_.clear();
  }
  template <class Out>
  void release(const Out& out) {
    for (const auto& k : kept_) out.emitted(k.event, raw_of(k), k.moment);
    clear();
    guessing_ = false;
  }
  template <class Out>
  void drop(const Out& out) {
    for (const auto& k : kept_) {
      if (k.size == 0 && k.event.range.size() != 0) {  // not there
        const bool contents = std::holds_alternative<Payload>(k.event.body);
        out.emitted(contents ? Event{k.event.range, Missing{}, no_extent} : k.event, {}, k.moment);
        continue;
      }
      out.guessed(k.event, raw_of(k), k.moment);
      if (k.size != 0) out.emitted(Event{k.event.range, Unparsed{loss_}, no_extent}, raw_of(k), k.moment);
    }
    clear();
  }

  std::vector<Kept> kept_;
  std::vector<std::byte> bytes_;
  ParseErrc loss_ = ParseErrc::start_unseen;  // why the place was lost
  bool guessing_ = false;
};

}  // namespace mig::replay
