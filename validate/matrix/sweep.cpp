// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/matrix/sweep.hpp"

#include <algorithm>
#include <fstream>
#include <utility>

#include "proxy/rules/action.hpp"
#include "proxy/rules/rule_values.hpp"
#include "validate/base/errors.hpp"
#include "validate/base/files.hpp"
#include "validate/steps/registry.hpp"

namespace json = boost::json;

namespace mig::validate {
namespace {

std::string text_of(const json::object& object, const char* key) {
  const auto* value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->as_string()) : std::string();
}

/// A unit as fault rules name it.
using Boundary = proxy::Trigger;

proxy::FaultRule rule_at(const Boundary& boundary, const std::string& action) {
  proxy::FaultRule rule;
  rule.action = proxy::find_action(action);
  if (!rule.action->ends) {
    rule.unit = boundary.unit;
    rule.value = boundary.value;
    rule.unit_name = boundary.name;
    return rule;
  }
  rule.unit = proxy::Unit::connection;
  rule.channel = proxy::ChannelChoice::all;
  rule.on = boundary;
  return rule;
}

// Pages and requests for them come by the thousand; what stands around them says as much.
bool is_boundary(const std::string& unit) {
  static const std::vector<std::string> units{
      "ping",   "pong", "package",          "listen", "run",           "device",       "discard",
      "advise", "eof",  "switchover-start", "shut",   "configuration", "page-request", "open-return-path"};
  return std::find(units.begin(), units.end(), unit) != units.end();
}

std::optional<Boundary> boundary_of(const json::object& line) {
  auto unit = text_of(line, "event");
  const auto& fields = line.at("fields").as_object();
  if (unit == "section" && text_of(fields, "type") == "FULL") unit = "device";
  if (!is_boundary(unit)) return std::nullopt;
  const auto which = text_of(fields, unit == "device" ? "idstr" : "value");
  return proxy::parse_trigger(which.empty() ? unit : unit + ":" + which);
}

std::vector<Boundary> boundaries_in(const std::filesystem::path& log) {
  std::vector<Boundary> found;
  std::ifstream in(log);
  for (std::string line; std::getline(in, line);) {
    const auto object = json::parse(line).as_object();
    if (text_of(object, "kind") != "unit") continue;
    const auto boundary = boundary_of(object);
    if (boundary && std::find(found.begin(), found.end(), *boundary) == found.end())
      found.push_back(*boundary);
  }
  return found;
}

Scenario scenario_at(const Boundary& boundary, const std::string& action) {
  Scenario scenario;
  const auto at = proxy::print_trigger(boundary);
  scenario.name = action + "@" + at;
  scenario.file = "--how " + action + " --at " + at;
  scenario.title = proxy::print_rule(rule_at(boundary, action));
  scenario.about = "One fault rule: " + scenario.title;
  scenario.faults = {scenario.title};
  scenario.patience = 3;
  // A fault in precopy ends it before postcopy can begin.
  scenario.steps = steps_of("{ start = \"migration\" }, { start = \"postcopy\", optional = true }");
  Expectation any;
  for (const auto& word : verdict_words()) any.verdicts.push_back(*parse_verdict(word));
  any.may_break = {"rules"};
  any.because = "a sweep shows what happens; only a broken invariant counts as unexpected.";
  scenario.expectations = {any};
  return scenario;
}

std::vector<Scenario> scenarios_for(const Sweep& sweep, const QemuChoice& source,
                                    const QemuChoice& destination, const std::filesystem::path& migproxy) {
  const TempDir folder;
  RunListener nobody;
  RunSetup setup{source.path, destination.path, migproxy, folder.path()};
  setup.record = false;
  Scenario faultless;
  faultless.steps = steps_of("{ start = \"migration\" }, { start = \"postcopy\" }");
  (void)run_scenario(faultless, setup, nobody);
  std::vector<Scenario> scenarios;
  for (const auto& boundary : boundaries_in(folder.path() / "migproxy.ndjson"))
    if (sweep.at.empty() || sweep.at == proxy::print_trigger(boundary))
      scenarios.push_back(scenario_at(boundary, sweep.action));
  if (scenarios.empty())
    throw CouldNotRun("a migration without a fault shows no unit" + (sweep.at.empty() ? "" : " " + sweep.at));
  return scenarios;
}

}  // namespace

const std::vector<std::string>& sweep_actions() {
  static const std::vector<std::string> actions{"reset", "close", "half-close", "drop"};
  return actions;
}

std::vector<CellResult> run_sweep(const Sweep& sweep, const MatrixOptions& options, Terminal& terminal) {
  std::vector<CellResult> all;
  auto one_pair = options;
  one_pair.subcommand = "sweep";
  for (const auto& [source, destination] : options.pairs) {
    terminal.line("the units of a migration " + source.name + " -> " + destination.name + ":", Tone::bold);
    const auto scenarios = scenarios_for(sweep, source, destination, options.migproxy);
    one_pair.pairs = {{source, destination}};
    for (auto& result : run_matrix(scenarios, one_pair, terminal)) all.push_back(std::move(result));
  }
  return all;
}

void show_map(const std::vector<CellResult>& results, Terminal& terminal) {
  std::string pair_before;
  std::string before;
  for (const auto& one : results) {
    const auto pair = one.source + " -> " + one.destination;
    if (std::exchange(pair_before, pair) != pair) {
      terminal.heading(pair);
      before.clear();
    }
    auto name = one.scenario + (one.repeat > 1 ? " (" + std::to_string(one.repeat) + ")" : "");
    name.resize(std::max<std::size_t>(name.size() + 2, 44), ' ');
    const bool same = one.verdict == std::exchange(before, one.verdict);
    terminal.line("  " + name + one.verdict, same ? Tone::dim : Tone::bold);
  }
}

}  // namespace mig::validate
