// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/catalogue/read_scenario.hpp"

#include <algorithm>
#include <filesystem>
#include <optional>

#include "proxy/rules/fault_rule.hpp"
#include "validate/expect/read_expectation.hpp"
#include "validate/steps/registry.hpp"
#include "validate/toml/table_reader.hpp"

namespace mig::validate {
namespace {

constexpr std::uint32_t page = 4096;
constexpr std::uint32_t idle_pages = 16;

// Both sides have the same needs unless a table of their own says otherwise.
void read_side(TableReader& file, std::string_view key, SideNeeds& side) {
  const auto* node = file.find(key);
  if (node == nullptr) return;
  TableReader table(*node, file.file(), "[" + std::string(key) + "]");
  if (table.find("capabilities") != nullptr) side.capabilities = table.texts("capabilities");
  for (auto& [name, value] : table.json("parameters")) side.parameters[name] = value;
  side.paused = table.truth("paused").value_or(side.paused);
  for (auto& argument : table.texts("arguments")) side.arguments.push_back(std::move(argument));
  table.done();
}

void read_guest(TableReader& file, GuestParameters& guest) {
  const auto* node = file.find("guest");
  if (node == nullptr) return;
  TableReader table(*node, file.file(), "[guest]");
  const auto memory = table.size("memory").value_or(guest.end - guest.begin);
  if (memory < 32 * page || memory > (48U << 20U)) table.refuse("memory has to be 128KiB to 48MiB");
  guest.end = guest.begin + static_cast<std::uint32_t>(memory / page * page);
  const auto load = table.choice("load", {"busy", "idle"}).value_or(0);
  guest.dirty_end = load == 0 ? guest.end : guest.begin + idle_pages * page;
  const auto rate = table.number("pages-per-tick").value_or(guest.pages_per_interrupt);
  if (rate < 0 || rate > 1'000'000) table.refuse("pages-per-tick has to be 0 (full speed) to 1000000");
  guest.pages_per_interrupt = static_cast<std::uint32_t>(rate);
  guest.keep_tlb = table.truth("keep-tlb").value_or(false) ? 1 : 0;
  table.done();
}

// All of them at once: who corrects one wants to know of the others. TOML knows the line of each.
void check_faults(TableReader& table, const std::vector<std::string>& faults) {
  const auto* node = table.find("faults");
  const auto* list = std::get_if<NodeList>(&node->value);
  int line = 0;
  std::string refused;
  for (std::size_t i = 0; i < faults.size(); ++i) {
    const auto result = proxy::parse_rule(faults[i]);
    const auto* error = std::get_if<proxy::RuleError>(&result);
    if (error == nullptr) continue;
    const int at = list != nullptr ? list->at(i).line : node->line;
    refused += line == 0 ? proxy::to_string(*error)
                         : "\n" + table.file() + ":" + std::to_string(at) + ": " + proxy::to_string(*error);
    if (line == 0) line = at;
  }
  if (line != 0) table.refuse(line, refused);
}

// [libvirt] overrides [run].
void read_settings(TableReader& table, Scenario& scenario) {
  if (table.find("faults") != nullptr) {
    scenario.faults = table.texts("faults");
    check_faults(table, scenario.faults);
  }
  scenario.direct = table.truth("direct").value_or(scenario.direct);
  scenario.exit_on_error = table.truth("exit-on-error").value_or(scenario.exit_on_error);
  scenario.shared_disk = table.truth("shared-disk").value_or(scenario.shared_disk);
  scenario.tls = table.truth("tls").value_or(scenario.tls);
  scenario.patience = table.seconds("patience").value_or(scenario.patience);
  scenario.watch = table.seconds("watch").value_or(scenario.watch);
}

/// `begin`: what has been done before the first of the steps.
enum class Begin { postcopy, precopy, nothing };

Steps first_steps(Begin begin) {
  switch (begin) {
    case Begin::postcopy: return steps_of("{ start = \"migration\" }, { start = \"postcopy\" }");
    case Begin::precopy: return steps_of("{ start = \"migration\" }");
    case Begin::nothing: break;
  }
  return {};
}

// A file written before `begin` was there starts the migration itself.
void refuse_second_start(const TableReader& table, const Node& step, Begin begin) {
  const auto* keys = std::get_if<NodeTable>(&step.value);
  if (keys == nullptr || keys->empty() || keys->front().key != "start") return;
  const auto* what = std::get_if<std::string>(&keys->front().node.value);
  const bool again = what != nullptr && ((*what == "migration" && begin != Begin::nothing) ||
                                         (*what == "postcopy" && begin == Begin::postcopy));
  if (again)
    table.refuse(step.line, "steps begin when the " + *what +
                                " has been started: leave this step out, or say begin = \"" +
                                (*what == "postcopy" ? "precopy" : "nothing") + "\" above the steps");
}

void read_steps(const TableReader& table, const Node& node, Begin begin, Scenario& scenario) {
  const auto* list = std::get_if<NodeList>(&node.value);
  if (list == nullptr) table.refuse(node.line, "steps has to be a list of steps");
  if (!list->empty()) refuse_second_start(table, list->front(), begin);
  for (const auto& step : *list) scenario.steps.push_back(read_step(step, table.file()));
}

// Some steps need a fault rule: `cut` brings its own along.
void add_rules_of_steps(Scenario& scenario) {
  auto& faults = scenario.faults;
  for (const auto& step : scenario.steps)
    if (const auto rule = step->rule();
        !rule.empty() && std::find(faults.begin(), faults.end(), rule) == faults.end())
      faults.push_back(rule);
}

/// [run], and [libvirt] over it.
class RunReader {
 public:
  RunReader(TableReader& file, Scenario& scenario, DriverKind driver) : scenario_(scenario) {
    const auto* run = file.find("run");
    const auto* libvirt = file.find("libvirt");
    if (run != nullptr) read({*run, file.file(), "[run]"}, false);
    if (libvirt != nullptr && driver == DriverKind::libvirt) read({*libvirt, file.file(), "[libvirt]"}, true);
    scenario.steps = first_steps(begin_);
    if (steps_ != nullptr) read_steps(file, *steps_, begin_, scenario);
    add_rules_of_steps(scenario);
    if (scenario.direct && !scenario.faults.empty())
      file.refuse(run != nullptr ? run->line : 1, "fault rules need migproxy: not with direct");
  }

 private:
  void read(TableReader table, bool libvirt) {
    read_settings(table, scenario_);
    if (libvirt) {
      scenario_.libvirt.migrate = table.texts("migrate");
      scenario_.libvirt.cannot = table.text("cannot").value_or("");
      (void)table.find("expect");
    }
    if (const auto begin = table.choice("begin", {"postcopy", "precopy", "nothing"}))
      begin_ = static_cast<Begin>(*begin);
    if (const auto* found = table.find("steps")) steps_ = found;
    table.done();
  }

  Scenario& scenario_;
  Begin begin_ = Begin::postcopy;
  const Node* steps_ = nullptr;
};

const NodeList* expectations_in(TableReader& table) {
  const auto* node = table.find("expect");
  const auto* list = node == nullptr ? nullptr : std::get_if<NodeList>(&node->value);
  if (node != nullptr && list == nullptr) table.refuse(node->line, "expect has to be a list of tables");
  return list;
}

void read_expectations(TableReader& file, Scenario& scenario, DriverKind driver) {
  const auto* libvirt = file.find("libvirt");
  std::optional<TableReader> inner;
  if (libvirt != nullptr) inner.emplace(*libvirt, file.file(), "[libvirt]");
  const auto* direct = expectations_in(file);
  const auto* through = inner ? expectations_in(*inner) : nullptr;
  scenario.judged = direct != nullptr || through != nullptr;
  const auto* list = driver == DriverKind::direct ? direct : through;
  if (list == nullptr) return;
  std::vector<std::string> names;
  for (const auto& step : scenario.steps) names.push_back(step->name);
  for (const auto& entry : *list)
    scenario.expectations.push_back(
        read_expectation(entry, file.file(), names, driver == DriverKind::libvirt));
}

void read_needs_into(TableReader& file, Scenario& scenario) {
  const auto* node = file.find("needs");
  if (node == nullptr) return;
  auto [when, because] = read_needs(*node, file.file());
  scenario.needs = when;
  scenario.needs_because = std::move(because);
}

Scenario read_as(DriverKind driver, const Node& root, const std::string& file) {
  TableReader table(root, file, "a scenario");
  Scenario scenario;
  scenario.name = std::filesystem::path(file).stem().string();
  scenario.file = file;
  scenario.title = table.need_text("title");
  scenario.about = table.text("about").value_or("");
  scenario.tags = table.texts("tags");
  read_needs_into(table, scenario);
  read_guest(table, scenario.guest);
  read_side(table, "both", scenario.source);
  scenario.destination = scenario.source;
  read_side(table, "source", scenario.source);
  read_side(table, "destination", scenario.destination);
  const RunReader run(table, scenario, driver);
  read_expectations(table, scenario, driver);
  table.done();
  return scenario;
}

}  // namespace

Scenario read_scenario(std::string_view text, const std::string& file, DriverKind driver) {
  const auto root = parse_toml(text, file);
  (void)read_as(driver == DriverKind::direct ? DriverKind::libvirt : DriverKind::direct, root, file);
  return read_as(driver, root, file);
}

}  // namespace mig::validate
