// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/matrix/sweep.hpp"

#include <algorithm>
#include <fstream>
#include <map>

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
  scenario.file = scenario.name;
  scenario.title = action + " at this boundary";
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

}  // namespace

const std::vector<std::string>& sweep_actions() {
  static const std::vector<std::string> actions{"reset", "close", "half-close", "drop"};
  return actions;
}

std::vector<Scenario> sweep_scenarios(const std::string& action, const QemuChoice& source,
                                      const QemuChoice& destination, const std::filesystem::path& migproxy) {
  const TempDir folder;
  RunListener nobody;
  Bench bench{source.path, destination.path, migproxy, folder.path()};
  bench.record = false;
  (void)run_scenario(Scenario(), bench, nobody);
  std::vector<Scenario> scenarios;
  for (const auto& boundary : boundaries_in(folder.path() / "migproxy.ndjson"))
    scenarios.push_back(scenario_at(boundary, action));
  if (scenarios.empty()) throw CouldNotRun("migproxy's log of a migration without a fault names no unit");
  return scenarios;
}

void show_map(const std::vector<CellResult>& results, Terminal& terminal) {
  std::map<std::pair<std::string, std::string>, std::vector<const CellResult*>> pairs;
  for (const auto& one : results) pairs[{one.source, one.destination}].push_back(&one);
  for (const auto& [pair, cells] : pairs) {
    terminal.heading(pair.first + " -> " + pair.second);
    std::string before;
    for (const auto* cell : cells) {
      auto name = cell->scenario;
      name.resize(std::max<std::size_t>(name.size() + 2, 44), ' ');
      const auto fired =
          cell->broken.empty() || cell->broken.front().find("never fired") == std::string::npos;
      terminal.line("  " + name + cell->verdict + (fired ? "" : "  (no such unit here)"),
                    cell->verdict == before ? Tone::dim : Tone::bold);
      before = cell->verdict;
    }
  }
}

}  // namespace mig::validate
