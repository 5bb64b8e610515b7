// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/scenario/read_scenario.hpp"

#include <filesystem>

#include "proxy/rules/fault_rule.hpp"
#include "validate/scenario/read_parts.hpp"

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

void read_needs(TableReader& file, Scenario& scenario) {
  const auto* node = file.find("needs");
  if (node == nullptr) return;
  TableReader table(*node, file.file(), "[needs]");
  scenario.needs_source = read_range(table, "source");
  scenario.needs_destination = read_range(table, "destination");
  scenario.needs_because = table.need_text("because");
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

// What [libvirt] says goes before what [run] says.
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

void read_steps(TableReader& table, const Node& node, Scenario& scenario) {
  const auto* list = std::get_if<NodeList>(&node.value);
  if (list == nullptr || list->empty()) table.refuse(node.line, "steps has to be a list of steps");
  scenario.steps.clear();
  for (const auto& step : *list) scenario.steps.push_back(read_step(step, table.file(), scenario.faults));
}

void read_run(TableReader& file, Scenario& scenario, Road road) {
  const auto* run = file.find("run");
  const auto* libvirt = file.find("libvirt");
  std::vector<TableReader> tables;
  if (run != nullptr) tables.emplace_back(*run, file.file(), "[run]");
  if (libvirt != nullptr && road == Road::libvirt) {
    tables.emplace_back(*libvirt, file.file(), "[libvirt]");
    scenario.libvirt.migrate = tables.back().texts("migrate");
    scenario.libvirt.cannot = tables.back().text("cannot").value_or("");
  }
  const Node* steps = nullptr;
  for (auto& table : tables) {
    read_settings(table, scenario);
    if (const auto* found = table.find("steps")) steps = found;
  }
  if (steps != nullptr) read_steps(tables.back(), *steps, scenario);
  if (scenario.direct && !scenario.faults.empty())
    tables.back().refuse("fault rules need migproxy: not with direct");
  for (const auto& table : tables) table.done();
}

void read_expectations(TableReader& file, Scenario& scenario, Road road) {
  const auto* node = file.find("expect");
  const auto* list = node == nullptr ? nullptr : std::get_if<NodeList>(&node->value);
  if (list == nullptr) file.refuse("no [[expect]]: say at least what verdict is expected, and why");
  for (const auto& entry : *list)
    if (auto expected = read_expectation(entry, file.file(), scenario.steps, road))
      scenario.expectations.push_back(std::move(*expected));
}

Scenario read_as(Road road, const Node& root, const std::string& file) {
  TableReader table(root, file, "a scenario");
  Scenario scenario;
  scenario.name = std::filesystem::path(file).stem().string();
  scenario.file = file;
  scenario.title = table.need_text("title");
  scenario.about = table.need_text("about");
  scenario.tags = table.texts("tags");
  read_needs(table, scenario);
  read_guest(table, scenario.guest);
  read_side(table, "both", scenario.source);
  scenario.destination = scenario.source;
  read_side(table, "source", scenario.source);
  read_side(table, "destination", scenario.destination);
  read_run(table, scenario, road);
  read_expectations(table, scenario, road);
  table.done();
  return scenario;
}

}  // namespace

Scenario read_scenario(std::string_view text, const std::string& file, Road road) {
  const auto root = parse_toml(text, file);
  (void)read_as(road == Road::direct ? Road::libvirt : Road::direct, root, file);
  return read_as(road, root, file);
}

}  // namespace mig::validate
