// SPDX-License-Identifier: GPL-2.0-or-later
// The eyes of a run: reads what both sides, migproxy and others have to say, stamps it, keeps it, and tells
// it in the order in which it happened.
#pragma once

#include <functional>
#include <utility>
#include <vector>

#include "validate/run/driver.hpp"
#include "validate/run/proxy_process.hpp"
#include "validate/run/run_listener.hpp"

namespace mig::validate {

class Watcher {
 public:
  Watcher(Driver& driver, const RunClock& clock, RunListener& listener)
      : driver_(driver), clock_(clock), listener_(listener) {}

  /// From now on migproxy is watched, too; `started` is when it began to count its time.
  void watch(ProxyProcess& proxy, Seconds started);

  /// Waits, with open eyes, until `until` or the limit; true when it was `until`.
  bool pump(
      Seconds limit, const std::function<bool()>& until = [] { return false; });
  void poll();
  /// Something we did just now.
  void act(const std::string& text) { act(now(), text); }
  /// Something we did at `at`: told between what happened before it and what came of it.
  void act(Seconds at, const std::string& text);
  void keep_destination();  ///< a fresh one is about to take its place
  void add_step(StepFact fact) { seen_.steps.push_back(std::move(fact)); }
  void add_rescue(RescueAttempt attempt) { seen_.rescues.push_back(std::move(attempt)); }
  void open_window() { seen_.watched_from = clock_.now(); }
  void close_window() { seen_.watched_to = clock_.now(); }

  /// What was seen so far; judged over the last `window` seconds.
  [[nodiscard]] Observations snapshot(Seconds window) const;
  [[nodiscard]] const Observations& seen() const { return seen_; }
  [[nodiscard]] const SideObservations& seen(Side side) const { return driver_.side(side).seen(); }
  [[nodiscard]] TickSummary ticks_in_window(Side side) const;
  [[nodiscard]] std::size_t verified_in_window(Side side) const;
  [[nodiscard]] Seconds now() const { return clock_.now(); }
  [[nodiscard]] RunListener& listener() { return listener_; }

  /// The last look at everything; migproxy is ended for it.
  [[nodiscard]] Observations finish();

 private:
  using Told = std::vector<std::pair<Seconds, std::function<void()>>>;
  void poll(Told told);
  void poll_side(Side side, Told& told);
  void poll_proxy(Told& told);
  void poll_notes(Told& told);

  Driver& driver_;
  const RunClock& clock_;
  RunListener& listener_;
  ProxyProcess* proxy_ = nullptr;
  Seconds proxy_started_ = 0;
  Seconds proxy_read_ = 0;
  bool proxy_end_told_ = false;
  Observations seen_;
};

}  // namespace mig::validate
