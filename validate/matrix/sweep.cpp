// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/matrix/sweep.hpp"

#include <algorithm>
#include <fstream>
#include <utility>

#include "validate/base/errors.hpp"
#include "validate/base/files.hpp"

namespace json = boost::json;

namespace mig::validate {
namespace {

std::string text_of(const json::object& object, const char* key) {
  const auto* value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->as_string()) : std::string();
}

/// A unit as fault rules name it: what it is, and which one.
struct Boundary {
  std::string unit, key, which;

  [[nodiscard]] std::string trigger() const { return which.empty() ? unit : unit + ":" + which; }
  [[nodiscard]] std::string rule(const std::string& action) const {
    if (action == "drop") return "drop-" + unit + (which.empty() ? "" : "," + key + "=" + which);
    return action + "-connection,channel=all,on=" + trigger();
  }
};

// Pages and requests for them come by the thousand; what stands around them says as much.
bool is_boundary(const std::string& unit) {
  static const std::vector<std::string> units{
      "ping",   "pong", "package",          "listen", "run",           "device",       "discard",
      "advise", "eof",  "switchover-start", "shut",   "configuration", "page-request", "open-return-path"};
  return std::find(units.begin(), units.end(), unit) != units.end();
}

std::optional<Boundary> boundary_of(const json::object& line) {
  Boundary boundary{text_of(line, "event"), {}, {}};
  const auto& fields = line.at("fields").as_object();
  if (boundary.unit == "section" && text_of(fields, "type") == "FULL") boundary.unit = "device";
  if (!is_boundary(boundary.unit)) return std::nullopt;
  boundary.key = boundary.unit == "device" ? "name" : "value";
  boundary.which = text_of(fields, boundary.unit == "device" ? "idstr" : "value");
  return boundary;
}

std::vector<Boundary> boundaries_in(const std::filesystem::path& log) {
  std::vector<Boundary> found;
  std::ifstream in(log);
  for (std::string line; std::getline(in, line);) {
    const auto object = json::parse(line).as_object();
    if (text_of(object, "kind") != "unit") continue;
    const auto boundary = boundary_of(object);
    const auto known = [&](const Boundary& other) { return other.trigger() == boundary->trigger(); };
    if (boundary && std::none_of(found.begin(), found.end(), known)) found.push_back(*boundary);
  }
  return found;
}

Scenario scenario_at(const Boundary& boundary, const std::string& action) {
  Scenario scenario;
  scenario.name = action + "@" + boundary.trigger();
  scenario.file = "--how " + action + " --at " + boundary.trigger();
  scenario.title = boundary.rule(action);
  scenario.about = "One fault rule: " + boundary.rule(action);
  scenario.faults = {boundary.rule(action)};
  scenario.patience = 3;
  scenario.steps.back().optional = true;  // a fault in precopy ends it before postcopy can begin
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
  Bench bench{source.path, destination.path, migproxy, folder.path()};
  bench.record = false;
  (void)run_scenario(Scenario(), bench, nobody);
  std::vector<Scenario> scenarios;
  for (const auto& boundary : boundaries_in(folder.path() / "migproxy.ndjson"))
    if (sweep.at.empty() || sweep.at == boundary.trigger())
      scenarios.push_back(scenario_at(boundary, sweep.action));
  if (scenarios.empty())
    throw CouldNotRun("a migration without a fault shows no unit" + (sweep.at.empty() ? "" : " " + sweep.at));
  return scenarios;
}

CellResult not_run(const std::string& action, const QemuChoice& source, const QemuChoice& destination) {
  CellResult result;
  result.scenario = action;
  result.title = "A sweep";
  result.source = source.name;
  result.destination = destination.name;
  result.reason = source.why_not.empty() ? destination.why_not : source.why_not;
  return result;
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
    if (auto missing = not_run(sweep.action, source, destination); !missing.reason.empty()) {
      terminal.line("NOT RUN: " + missing.reason, Tone::bad);
      all.push_back(std::move(missing));
      continue;
    }
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
