// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/run/step_taker.hpp"

#include <algorithm>

namespace mig::validate {
namespace {

constexpr Seconds active_limit = 30;
constexpr Seconds after_the_end = 1;  // a wait for a side that is gone: nothing new will come

bool is_one_of(const std::vector<std::string>& list, const std::string& text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

template <typename... Actions>
bool is_any(const Action& action) {
  return (std::holds_alternative<Actions>(action) || ...);
}

// What a wait waited for is told by the one it waited for.
bool worth_telling(const Step& step, const StepFact& fact) {
  const bool waits =
      is_any<WaitStatus, WaitRunState, WaitEvent, WaitTick, WaitRam, WaitProxy, Sleep, Check>(step.action);
  return !waits || !fact.as_asked || is_any<WaitRam>(step.action);
}

std::string sentence_of(const StepFact& fact) {
  return fact.text + (fact.answer == "done" ? "" : ": " + fact.answer) +
         (fact.detail.empty() ? "" : ", " + fact.detail);
}

}  // namespace

StepTaker::StepTaker(Watcher& eyes, Driver& driver, ProxyProcess* proxy, std::string listening,
                     std::string address, std::filesystem::path disk)
    : eyes_(eyes),
      driver_(driver),
      proxy_(proxy),
      listening_(std::move(listening)),
      address_(std::move(address)),
      disk_(std::move(disk)) {}

void StepTaker::take(const Step& step) {
  const auto text = describe(step);
  const auto found = std::visit([this](const auto& action) { return act(action); }, step.action);
  const bool fine = found.as_asked || (step.optional && found.answer == "in vain");
  const StepFact fact{eyes_.now(), step.name, text, found.answer, found.detail, fine};
  eyes_.add_step(fact);
  if (worth_telling(step, fact)) eyes_.act(fact.at, sentence_of(fact));
  for (const auto side : both_sides)
    events_at_last_step_[static_cast<int>(side)] = driver_.side(side).events().size();
}

StepTaker::Found StepTaker::required(const QmpReply& reply) {
  return {reply.ok ? "done" : "refused", reply.error, reply.ok};
}

// Just behind a tick the guest has its work before it and then rests: a dirty log that is started while it
// writes can lose pages under TCG (docs/findings.md), and that is not what a scenario is about.
StepTaker::Found StepTaker::act(const StartMigration&) {
  const auto before = eyes_.seen(Side::source).ticks.size();
  (void)eyes_.pump(1, [&] { return eyes_.seen(Side::source).ticks.size() > before; });
  return required(driver_.migrate(address_));
}

StepTaker::Found StepTaker::act(const StartPostcopy& start) {
  const auto active = [this] { return eyes_.seen(Side::source).status == "active"; };
  auto waited = wait_for(active_limit, Side::source, active);
  if (!waited.as_asked) return waited;
  (void)eyes_.pump(start.after);
  return required(driver_.start_postcopy());
}

StepTaker::Found StepTaker::act(const StartRecovery&) {
  return required(driver_.recover(listening_, address_));
}

StepTaker::Found StepTaker::act(const StartFreshDestination&) {
  eyes_.poll();
  eyes_.keep_destination();
  driver_.fresh_destination(listening_);
  return {};
}

// Given up early where the side waited for has ended.
StepTaker::Found StepTaker::wait_for(Seconds limit, Side side, const std::function<bool()>& met) {
  const auto gone = [&] { return !eyes_.seen(side).process_end.empty(); };
  bool good = false;
  const auto look = [&] { return good = met(); };
  (void)eyes_.pump(limit, [&] { return look() || gone(); });
  if (!good && gone()) (void)eyes_.pump(after_the_end, look);
  return {good ? "done" : "in vain", {}, good};
}

StepTaker::Found StepTaker::act(const WaitStatus& wait) {
  return wait_for(wait.within, wait.side,
                  [&] { return is_one_of(wait.any_of, eyes_.seen(wait.side).status); });
}

StepTaker::Found StepTaker::act(const WaitRunState& wait) {
  return wait_for(wait.within, wait.side,
                  [&] { return is_one_of(wait.any_of, eyes_.seen(wait.side).run_state); });
}

StepTaker::Found StepTaker::act(const WaitEvent& wait) {
  const auto before = events_at_last_step_[static_cast<int>(wait.side)];
  return wait_for(wait.within, wait.side, [&] {
    const auto& events = driver_.side(wait.side).events();
    return std::find(events.begin() + static_cast<std::ptrdiff_t>(before), events.end(), wait.name) !=
           events.end();
  });
}

StepTaker::Found StepTaker::act(const WaitTick& wait) {
  const auto before = eyes_.seen(wait.side).ticks.size();
  return wait_for(wait.within, wait.side, [&] { return eyes_.seen(wait.side).ticks.size() > before; });
}

StepTaker::Found StepTaker::act(const WaitRam& wait) {
  return wait_for(wait.within, Side::source, [&] {
    const auto left = eyes_.seen(Side::source).ram_left;
    return left && *left <= wait.left;
  });
}

StepTaker::Found StepTaker::act(const WaitProxy& wait) {
  if (proxy_ == nullptr) return {"in vain", "there is no migproxy in this run", false};
  return wait_for(wait.within, Side::source, [&] { return proxy_->saw(wait.fields); });
}

StepTaker::Found StepTaker::answered(const QmpReply& reply, Answer expected, const std::string& error) {
  Found found{reply.ok ? "accepted" : "refused", reply.error, true};
  if (expected != Answer::either) found.as_asked = reply.ok == (expected == Answer::accepted);
  if (!reply.ok && reply.error.find(error) == std::string::npos) found.as_asked = false;
  return found;
}

StepTaker::Found StepTaker::act(const Qmp& qmp) {
  return answered(driver_.side(qmp.side).execute(qmp.command, qmp.arguments), qmp.expected, qmp.error);
}

StepTaker::Found StepTaker::act(const Virsh& virsh) {
  eyes_.poll();
  return answered(driver_.virsh(virsh.side, virsh.words), virsh.expected, virsh.error);
}

StepTaker::Found StepTaker::act(const Daemon& daemon) {
  driver_.daemon(daemon.side, daemon.order);
  return {};
}

StepTaker::Found StepTaker::act(const Kill& kill) {
  eyes_.poll();
  driver_.side(kill.side).kill();
  return {};
}

StepTaker::Found StepTaker::act(const SignalProxy& signal) {
  if (proxy_ == nullptr) return {"in vain", "there is no migproxy in this run", false};
  proxy_->process().signal(signal.number);
  return {};
}

StepTaker::Found StepTaker::act(const LockDisk& lock) {
  if (lock.what == LockDisk::What::release) {
    disk_.release();
    return {};
  }
  const bool taken = disk_.take();
  return {taken ? "accepted" : "refused", taken ? "" : "somebody else holds it",
          lock.expected == Answer::either || taken == (lock.expected == Answer::accepted)};
}

StepTaker::Found StepTaker::act(const Sleep& sleep) {
  (void)eyes_.pump(sleep.duration);
  return {};
}

StepTaker::Found StepTaker::act(const Check& check) {
  (void)eyes_.pump(check.window);
  const auto seen = eyes_.snapshot(check.window);
  const auto judgement = judge(seen);
  eyes_.listener().on_check(seen.watched_to, check.title, judgement);
  return {"done", std::string(to_string(judgement.verdict)),
          !check.verdict || judgement.verdict == *check.verdict};
}

}  // namespace mig::validate
