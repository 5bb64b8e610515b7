// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <array>
#include <csignal>
#include <sstream>

#include "proxy/rules/fault_rule.hpp"
#include "validate/scenario/read_parts.hpp"
#include "validate/verdict/invariants.hpp"

namespace mig::validate {
namespace {

std::string cut_rule() {
  proxy::FaultRule rule;
  rule.action = proxy::Action::reset;
  rule.unit = proxy::Unit::connection;
  rule.channel = proxy::ChannelChoice::all;
  rule.on = proxy::Trigger{proxy::Trigger::Kind::sigusr2, {}, {}, {}};
  return proxy::print_rule(rule);
}

Side read_side(TableReader& step, std::string_view key = "side", Side otherwise = Side::source) {
  const auto index = step.choice(key, {"source", "destination"});
  return !index ? otherwise : *index == 0 ? Side::source : Side::destination;
}

Seconds read_within(TableReader& step, Seconds otherwise = wait_limit) {
  return step.seconds("within").value_or(otherwise);
}

template <typename Wait>
Action read_wait(TableReader& step, std::string_view key, const std::vector<std::string>& known) {
  return Wait{read_side(step), step.known_texts(key, known), read_within(step)};
}

Action read_start(TableReader& step) {
  switch (step.choice("start", {"migration", "postcopy", "recovery", "fresh-destination"}).value_or(0)) {
    case 0: return StartMigration{};
    case 1: return StartPostcopy{step.seconds("after").value_or(StartPostcopy{}.after)};
    case 2: return StartRecovery{};
    default: return StartFreshDestination{};
  }
}

Action read_wait_proxy(TableReader& step) {
  WaitProxy wait;
  for (const auto& [key, value] : step.json("wait-proxy"))
    wait.fields.emplace_back(
        key, value.is_string() ? std::string(value.as_string()) : boost::json::serialize(value));
  if (wait.fields.empty()) step.refuse("wait-proxy needs what to wait for, such as { event = \"pong\" }");
  wait.within = read_within(step);
  return wait;
}

Answer read_answer(TableReader& step) {
  return static_cast<Answer>(step.choice("expect", {"accepted", "refused", "either"}).value_or(0));
}

Action read_qmp(TableReader& step) {
  Qmp qmp;
  qmp.command = step.need_text("qmp");
  qmp.side = read_side(step);
  qmp.arguments = step.json("arguments");
  qmp.expected = read_answer(step);
  qmp.error = step.text("error").value_or("");
  return qmp;
}

Action read_virsh(TableReader& step) {
  Virsh virsh;
  std::istringstream words(step.need_text("virsh"));
  for (std::string word; words >> word;) virsh.words.push_back(word);
  virsh.side = read_side(step);
  virsh.expected = read_answer(step);
  virsh.error = step.text("error").value_or("");
  return virsh;
}

Action read_daemon(TableReader& step) {
  const auto order = step.choice("daemon", {"start", "stop", "kill"}).value_or(0);
  return Daemon{read_side(step), static_cast<DaemonOrder>(order)};
}

Action read_signal(TableReader& step) {
  const auto index = step.choice("signal", {"SIGUSR1", "SIGUSR2"});
  return SignalProxy{index.value_or(0) == 0 ? SIGUSR1 : SIGUSR2};
}

Action read_lock(TableReader& step) {
  const auto index = step.choice("lock", {"take", "release"});
  return LockDisk{index.value_or(0) == 0 ? LockDisk::What::take : LockDisk::What::release, read_answer(step)};
}

Action read_check(TableReader& step) {
  Check check;
  check.title = step.text("title").value_or("");
  const auto word = step.need_text("check");
  check.verdict = parse_verdict(word);
  if (!check.verdict) step.refuse("\"" + word + "\" is no verdict" + suggestion(word, verdict_words()));
  check.window = step.seconds("window").value_or(Check{}.window);
  return check;
}

using ReadAction = Action (*)(TableReader&);
constexpr std::array<std::pair<std::string_view, ReadAction>, 16> verbs{{
    {"start", read_start},
    {"wait-status",
     [](TableReader& step) { return read_wait<WaitStatus>(step, "wait-status", migration_statuses()); }},
    {"wait-run-state",
     [](TableReader& step) { return read_wait<WaitRunState>(step, "wait-run-state", run_states()); }},
    {"wait-event",
     [](TableReader& step) -> Action {
       return WaitEvent{read_side(step), step.need_text("wait-event"), read_within(step)};
     }},
    {"wait-tick",
     [](TableReader& step) -> Action {
       return WaitTick{read_side(step, "wait-tick"), read_within(step)};
     }},
    {"wait-ram",
     [](TableReader& step) -> Action {
       return WaitRam{step.size("wait-ram").value_or(0), read_within(step, WaitRam{}.within)};
     }},
    {"wait-proxy", read_wait_proxy},
    {"qmp", read_qmp},
    {"virsh", read_virsh},
    {"daemon", read_daemon},
    {"kill", [](TableReader& step) -> Action { return Kill{read_side(step, "kill")}; }},
    {"signal", read_signal},
    {"cut",
     [](TableReader& step) -> Action {
       (void)step.choice("cut", {"link"});
       return SignalProxy{SIGUSR2};
     }},
    {"lock", read_lock},
    {"sleep", [](TableReader& step) -> Action { return Sleep{step.seconds("sleep").value_or(0)}; }},
    {"check", read_check},
}};

// A step begins with its verb.
Action read_action(TableReader& step) {
  const auto& first = step.first_key();
  for (const auto& [verb, read] : verbs)
    if (verb == first) return read(step);
  std::vector<std::string> known;
  for (const auto& [verb, read] : verbs) known.emplace_back(verb);
  step.refuse("\"" + first + "\" is no step" + suggestion(first, known));
}

}  // namespace

Step read_step(const Node& node, const std::string& file, std::vector<std::string>& faults) {
  TableReader reader(node, file, "a step");
  Step step;
  step.action = read_action(reader);
  step.name = reader.text("name").value_or("");
  step.optional = reader.truth("optional").value_or(false);
  reader.done();
  const bool cuts = reader.first_key() == "cut";
  if (cuts && std::find(faults.begin(), faults.end(), cut_rule()) == faults.end())
    faults.push_back(cut_rule());
  return step;
}

}  // namespace mig::validate
