// SPDX-License-Identifier: GPL-2.0-or-later
// Reads what both sides, migproxy and others report, keeps it, and passes it on to a listener in the order in
// which it happened: what has been read waits a moment for what happened before it and comes later.
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

  /// From now on migproxy is watched, too.
  void watch(ProxyProcess& proxy) { proxy_ = &proxy; }

  /// Watches until `until` or the limit; true when it was `until`.
  bool pump(
      Seconds limit, const std::function<bool()>& until = [] { return false; });
  void poll();
  /// Something we did just now.
  void act(const std::string& text) { act(now(), text); }
  void act(Seconds at, const std::string& text);
  /// What someone else reported.
  void note(Note note);
  /// Passes on all that has happened up to now, before something is said about it.
  void catch_up();
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
  void poll_side(Side side);
  void poll_proxy();
  void poll_notes();
  void keep(ProxyLine line);
  /// What happened up to `until`, in order.
  void report(Seconds until);

  Driver& driver_;
  const RunClock& clock_;
  RunListener& listener_;
  ProxyProcess* proxy_ = nullptr;
  bool proxy_end_reported_ = false;
  Observations seen_;
  std::vector<std::pair<Seconds, std::function<void()>>> pending_;  // reports that wait for earlier ones
};

}  // namespace mig::validate
