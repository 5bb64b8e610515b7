// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/run/run_migration.hpp"

#include <algorithm>
#include <csignal>
#include <functional>
#include <optional>
#include <utility>

#include "validate/base/errors.hpp"
#include "validate/qemu/live_side.hpp"
#include "validate/run/proxy_process.hpp"

namespace json = boost::json;

namespace mig::validate {
namespace {

constexpr Seconds poll_interval = 0.01;
constexpr Seconds boot_limit = 30;
constexpr Seconds active_limit = 10;

template <typename... Fs>
struct Overloaded : Fs... {
  using Fs::operator()...;
};
template <typename... Fs>
Overloaded(Fs...) -> Overloaded<Fs...>;

bool contains(const std::vector<std::string>& list, const std::string& text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

QemuSetup setup_of(Side side, const RunPlan& plan, const TempDir& sockets) {
  const auto& of_side = side == Side::source ? plan.source : plan.destination;
  return {of_side.qemu,   to_string(side),       plan.folder / "guest.img",
          plan.folder,    sockets.path(),        side == Side::destination,
          of_side.paused, of_side.more_arguments};
}

class Run {
 public:
  Run(const RunPlan& plan, RunListener& listener) : plan_(plan), listener_(listener) {}
  Observations make();

 private:
  void start_both();
  void start_proxy();
  void start_migration();
  void start_postcopy();
  void take_steps();
  void settle();
  void watch();
  void rescue();
  void try_cont(LiveSide& live, Side side);
  Observations finish();

  void step(const WaitForStatus& wait);
  void step(const WaitForTick& wait);
  void step(const WaitForAllRam& wait);
  void step(const Watch& for_a_while) { pump(for_a_while.duration); }
  void step(const Checkpoint& checkpoint);
  void step(const ResetLink&);
  void step(const Kill& kill);
  void step(const Command& command);

  LiveSide& side(Side which) { return which == Side::source ? *source_ : *destination_; }
  void act(const std::string& text);
  void poll();
  void poll_proxy(std::vector<std::pair<Seconds, std::function<void()>>>& told);
  bool pump(
      Seconds limit, const std::function<bool()>& until = [] { return false; });
  [[nodiscard]] Observations snapshot(Seconds window) const;
  [[nodiscard]] bool anybody_ticks() const;

  const RunPlan& plan_;
  RunListener& listener_;
  RunClock clock_;
  TempDir sockets_;
  std::optional<LiveSide> source_;
  std::optional<LiveSide> destination_;
  std::optional<ProxyProcess> proxy_;
  std::string address_;  // where the source connects to
  Seconds proxy_started_ = 0;
  Seconds proxy_read_ = 0;
  bool proxy_end_told_ = false;
  Observations seen_;
};

Observations Run::make() {
  start_both();
  start_proxy();
  start_migration();
  if (plan_.postcopy) start_postcopy();
  take_steps();
  settle();
  watch();
  rescue();
  return finish();
}

// What happened before is told before.
void Run::act(const std::string& text) {
  poll();
  listener_.on_action(clock_.now(), text);
}

void Run::start_both() {
  write_guest_image(plan_.folder / "guest.img", plan_.guest);
  destination_.emplace(Side::destination, setup_of(Side::destination, plan_, sockets_), clock_);
  source_.emplace(Side::source, setup_of(Side::source, plan_, sockets_), clock_);
  source_->prepare(plan_.source.capabilities);
  destination_->prepare(plan_.destination.capabilities);
  act("source is " + source_->name() + ", destination is " + destination_->name());
  source_->require("migrate-set-parameters", {{"max-bandwidth", plan_.max_bandwidth},
                                              {"max-postcopy-bandwidth", plan_.max_postcopy_bandwidth}});
  const bool ticks = pump(boot_limit, [this] { return !source_->seen().ticks.empty(); });
  if (!ticks && !plan_.source.paused)
    throw CouldNotRun(
        "the source's guest does not tick: see source.stderr and source.serial (--keep DIR keeps them)");
}

// Without a proxy in the plan the two speak to each other.
void Run::start_proxy() {
  address_ = destination_->listen(plan_.exit_on_error);
  if (plan_.migproxy.empty()) return;
  proxy_started_ = proxy_read_ = clock_.now();
  proxy_.emplace(ProxySetup{plan_.migproxy, address_, plan_.faults, plan_.folder});
  address_ = proxy_->address();
}

void Run::start_migration() {
  act(proxy_ ? "migrate: source -> migproxy -> destination" : "migrate: source -> destination");
  source_->require("migrate", {{"uri", "tcp:" + address_}});
}

void Run::start_postcopy() {
  const auto active = [this] { return source_->seen().status == "active"; };
  if (!pump(active_limit, active)) return act("the source's migration did not become active");
  pump(plan_.precopy_time);
  act("migrate-start-postcopy: the guest moves now, its memory follows");
  const auto reply = source_->execute("migrate-start-postcopy");
  if (!reply.ok) act("migrate-start-postcopy was refused: " + reply.error);
}

void Run::take_steps() {
  for (const auto& next : plan_.steps) std::visit([this](const auto& what) { step(what); }, next);
}

void Run::step(const WaitForStatus& wait) {
  const bool met = pump(wait.limit, [&] { return contains(wait.any_of, side(wait.side).seen().status); });
  if (!met)
    act(std::string("waited in vain for the ") + to_string(wait.side) + " to become " + wait.any_of.front());
}

void Run::step(const WaitForTick& wait) {
  const auto before = side(wait.side).seen().ticks.size();
  const bool met = pump(wait.limit, [&] { return side(wait.side).seen().ticks.size() > before; });
  if (!met) act(std::string("waited in vain for a tick of the ") + to_string(wait.side) + "'s guest");
}

void Run::step(const WaitForAllRam& wait) {
  const bool met = pump(wait.limit, [this] { return source_->seen().ram_left == 0; });
  act(met ? "all memory has been sent" : "waited in vain for the source to have sent all memory");
}

void Run::step(const Checkpoint& checkpoint) {
  const auto seen = snapshot(checkpoint.window);
  listener_.on_checkpoint(seen.watched_to, checkpoint.title, judge(seen));
}

void Run::step(const ResetLink&) {
  act("the link between the two is reset");
  if (proxy_) proxy_->process().signal(SIGUSR1);
}

void Run::step(const Kill& kill) {
  act(std::string("the ") + to_string(kill.side) + "'s QEMU is killed");
  side(kill.side).kill();
}

void Run::step(const Command& command) {
  const auto reply = side(command.side).execute(command.name, command.arguments);
  act(command.name + " on the " + to_string(command.side) + ": " +
      (reply.ok ? "accepted" : "refused, " + reply.error));
}

// An end is a state that nothing leaves by itself. A side that waits for the other for ever has none: hence
// the limit.
void Run::settle() {
  static const std::vector<std::string> ends{"completed", "failed", "cancelled", "postcopy-paused"};
  const auto ended = [](LiveSide& live) {
    return !live.seen().process_end.empty() || contains(ends, live.seen().status);
  };
  pump(plan_.settle_limit, [&] { return ended(*source_) && ended(*destination_); });
}

void Run::watch() {
  seen_.watched_from = clock_.now();
  pump(plan_.watch_time);
  seen_.watched_to = clock_.now();
}

bool Run::anybody_ticks() const {
  return ticks_between(source_->seen().ticks, seen_.watched_from, seen_.watched_to).count != 0 ||
         ticks_between(destination_->seen().ticks, seen_.watched_from, seen_.watched_to).count != 0;
}

// Silence on both sides is LOST only if a plain `cont` does not help. Not tried where a recovery is open: it
// has its own way.
void Run::rescue() {
  const bool recoverable =
      source_->seen().status == "postcopy-paused" && destination_->seen().status == "postcopy-paused";
  if (anybody_ticks() || recoverable) return;
  try_cont(*source_, Side::source);
  try_cont(*destination_, Side::destination);
  const auto accepted = [](const RescueAttempt& attempt) { return attempt.accepted; };
  if (std::any_of(seen_.rescues.begin(), seen_.rescues.end(), accepted)) watch();
}

void Run::try_cont(LiveSide& live, Side which) {
  if (!live.alive()) return;
  const auto reply = live.execute("cont");
  seen_.rescues.push_back({clock_.now(), which, "cont", reply.ok, reply.error});
  act(std::string("nobody ticks, so cont on the ") + to_string(which) + ": " +
      (reply.ok ? "accepted" : "refused, " + reply.error));
}

Observations Run::finish() {
  source_->finish();
  destination_->finish();
  if (proxy_) {
    seen_.proxy_exit = proxy_->stop();
    for (auto& line : proxy_->new_lines()) seen_.proxy.push_back({clock_.now(), std::move(line.text)});
  }
  seen_.source = source_->seen();
  seen_.destination = destination_->seen();
  return seen_;
}

Observations Run::snapshot(Seconds window) const {
  auto seen = seen_;
  seen.source = source_->seen();
  seen.destination = destination_->seen();
  seen.watched_to = clock_.now();
  seen.watched_from = seen.watched_to - window;
  return seen;
}

bool Run::pump(Seconds limit, const std::function<bool()>& until) {
  for (const auto end = clock_.now() + limit;;) {
    poll();
    if (until()) return true;
    if (clock_.now() >= end) return false;
    sleep_for(poll_interval);
  }
}

// What was read in one go is told in the order in which it happened.
void Run::poll() {
  std::vector<std::pair<Seconds, std::function<void()>>> told;
  for (const auto which : {Side::source, Side::destination}) {
    std::vector<StateChange> fresh;
    side(which).poll(fresh);
    for (auto& change : fresh) {
      const auto at = change.at;
      told.emplace_back(at,
                        [this, which, change = std::move(change)] { listener_.on_change(which, change); });
    }
  }
  if (proxy_) poll_proxy(told);
  std::stable_sort(told.begin(), told.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  for (const auto& [at, tell] : told) tell();
}

// A line's own time is taken where it can be true: not before the last look, not after this one.
void Run::poll_proxy(std::vector<std::pair<Seconds, std::function<void()>>>& told) {
  const auto now = clock_.now();
  for (auto& [since_start, text] : proxy_->new_lines()) {
    const auto at = since_start ? std::clamp(proxy_started_ + *since_start, proxy_read_, now) : now;
    seen_.proxy.push_back({at, std::move(text)});
    told.emplace_back(at, [this, line = seen_.proxy.back()] { listener_.on_proxy(line); });
  }
  proxy_read_ = now;
  if (proxy_->process().running() || proxy_end_told_) return;
  proxy_end_told_ = true;
  listener_.on_action(clock_.now(), "migproxy ended by itself: " + proxy_->process().end());
}

}  // namespace

Observations run_migration(const RunPlan& plan, RunListener& listener) { return Run(plan, listener).make(); }

}  // namespace mig::validate
