// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/run/run_scenario.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "validate/base/errors.hpp"
#include "validate/run/bring_back.hpp"
#include "validate/run/qmp_driver.hpp"
#include "validate/run/step_context.hpp"
#include "validate/run/watcher.hpp"

namespace mig::validate {
namespace {

constexpr Seconds boot_limit = 60;
constexpr Seconds silence_limit = 2.5;  // how long a guest must not tick to count as silent
constexpr Seconds window_limit = 20;    // for a ticking guest to have gone over all of its memory
constexpr int max_attempts = 3;
constexpr std::size_t rounds_wanted = 2;  // the second one began inside the window
constexpr std::uint32_t ticks_wanted = 5;

class Run {
 public:
  Run(const Scenario& scenario, const RunSetup& setup, RunListener& listener, const MakeDriver& make_driver)
      : scenario_(scenario),
        setup_(setup),
        driver_(make_driver(scenario, setup, clock_)),
        watcher_(*driver_, clock_, listener) {}

  Observations make();

 private:
  void boot();
  void start_proxy();
  void take_steps();
  void settle();
  void look_who_ticks();
  void look();
  [[nodiscard]] bool stopped_in_window(Side side) const;
  [[nodiscard]] bool decided(Side side) const;
  void rescue();
  void try_cont(Side side);

  const Scenario& scenario_;
  const RunSetup& setup_;
  RunClock clock_;
  std::unique_ptr<Driver> driver_;
  std::optional<ProxyProcess> proxy_;
  std::string listening_;
  std::string address_;
  Watcher watcher_;
  std::optional<StepContext> steps_;  // the disk's lock, if one took it, is held to the end
};

Observations Run::make() {
  boot();
  start_proxy();
  take_steps();
  settle();
  look_who_ticks();
  rescue();
  auto seen = watcher_.finish();
  if (!setup_.rescuer.empty() && can_be_rescued(seen, setup_)) {
    watcher_.listener().on_check(watcher_.now(), "", judge(seen));
    steps_->disk.release();
    seen.rescue = bring_back(setup_, *driver_, watcher_);
  }
  return seen;
}

void Run::boot() {
  for (const auto side : both_sides)
    watcher_.act(std::string(to_string(side)) + " is " + driver_->side(side).name());
  const bool ticks = watcher_.pump(boot_limit, [this] { return !watcher_.seen(Side::source).ticks.empty(); });
  if (!ticks && !scenario_.source.paused)
    throw CouldNotRun(
        "the source's guest does not tick: see source.stderr and source.serial (--keep DIR keeps them)");
}

// Without migproxy the two speak to each other.
void Run::start_proxy() {
  address_ = listening_ = driver_->listen();
  if (scenario_.direct) return;
  std::vector<std::string> options;
  if (setup_.seed) options.push_back("--seed=" + std::to_string(*setup_.seed));
  if (!setup_.rescuer.empty()) options.push_back("--keep-package=" + kept_package(setup_).string());
  if (setup_.record) options.push_back("--record=" + (setup_.folder / recording_name).string());
  proxy_.emplace(ProxySetup{setup_.migproxy, listening_, scenario_.faults, setup_.folder,
                            driver_->proxy_address(listening_), std::move(options)});
  watcher_.watch(*proxy_);
  address_ = proxy_->address();
}

void Run::take_steps() {
  steps_.emplace(StepContext{watcher_, *driver_, proxy_ ? &*proxy_ : nullptr, listening_, address_,
                             DiskLock(setup_.folder / "shared.img")});
  for (const auto& step : scenario_.steps) take_step(*step, *steps_);
}

// An end is a state that nothing leaves by itself. A side that waits for the other for ever has none: hence
// the limit.
void Run::settle() {
  static constexpr std::array<std::string_view, 4> ends{"completed", "failed", "cancelled",
                                                        "postcopy-paused"};
  const auto ended = [this](Side side) {
    const auto& seen = watcher_.seen(side);
    return !seen.process_end.empty() || std::find(ends.begin(), ends.end(), seen.status) != ends.end();
  };
  (void)watcher_.pump(scenario_.patience, [&] { return ended(Side::source) && ended(Side::destination); });
}

// A guest that comes to stand inside the window, at a page that never comes, does not run: then it is looked
// again.
void Run::look_who_ticks() {
  for (int looks = 0; looks < max_attempts; ++looks) {
    look();
    if (!stopped_in_window(Side::source) && !stopped_in_window(Side::destination)) break;
  }
  watcher_.close_window();
}

bool Run::stopped_in_window(Side side) const {
  return watcher_.ticks_in_window(side).count != 0 &&
         watcher_.now() - watcher_.seen(side).ticks.back().at >= silence_limit;
}

// Silence is known by time only, and on a loaded machine a guest may be slow: a side that ought to tick is
// given longer, and a guest that ticks the time to go over its memory.
void Run::look() {
  watcher_.open_window();
  (void)watcher_.pump(scenario_.watch);
  (void)watcher_.pump(window_limit, [this] {
    const bool nobody =
        watcher_.ticks_in_window(Side::source).count + watcher_.ticks_in_window(Side::destination).count == 0;
    const bool long_enough = watcher_.now() - watcher_.seen().watched_from >= silence_limit;
    return decided(Side::source) && decided(Side::destination) && (!nobody || long_enough);
  });
}

bool Run::decided(Side side) const {
  const auto& seen = watcher_.seen(side);
  const auto ticks = watcher_.ticks_in_window(side).count;
  if (!seen.process_end.empty() || stopped_in_window(side)) return true;
  if (ticks == 0)
    return seen.run_state != "running" || watcher_.now() - watcher_.seen().watched_from >= silence_limit;
  const bool verified = seen.memory.damaged() || watcher_.verified_in_window(side) >= rounds_wanted;
  return ticks >= ticks_wanted && verified;
}

// Silence on both sides is LOST only if a plain `cont` does not help. Not tried where a recovery is open: it
// has its own way.
void Run::rescue() {
  const auto seen = watcher_.snapshot(watcher_.now() - watcher_.seen().watched_from);
  const auto verdict = judge(seen).verdict;
  if (verdict != Verdict::lost && verdict != Verdict::hung) return;
  if (watcher_.ticks_in_window(Side::source).count != 0 ||
      watcher_.ticks_in_window(Side::destination).count != 0)
    return;
  for (const auto side : both_sides) try_cont(side);
  const auto& rescues = watcher_.seen().rescues;
  if (std::any_of(rescues.begin(), rescues.end(), [](const auto& attempt) { return attempt.accepted; }))
    look_who_ticks();
}

void Run::try_cont(Side side) {
  auto& live = driver_->side(side);
  if (!live.alive()) return;
  const auto reply = driver_->resume(side);
  const auto command = driver_->resume_command();
  watcher_.add_rescue({clock_.now(), side, command, reply.ok, reply.error});
  watcher_.act("nobody ticks, so " + command + " on the " + to_string(side) + ": " +
               (reply.ok ? "accepted" : "refused, " + reply.error));
}

}  // namespace

std::unique_ptr<Driver> drive_over_qmp(const Scenario& scenario, const RunSetup& setup,
                                       const RunClock& clock) {
  return std::make_unique<QmpDriver>(scenario, setup, clock);
}

Observations run_scenario(const Scenario& scenario, const RunSetup& setup, RunListener& listener,
                          const MakeDriver& make_driver) {
  return Run(scenario, setup, listener, make_driver).make();
}

}  // namespace mig::validate
