// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/catalogue/catalogue.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "embedded/scenario_files.hpp"
#include "validate/base/errors.hpp"
#include "validate/expect/compare.hpp"
#include "validate/toml/table_reader.hpp"

namespace mig::validate {
namespace {

bool is_file(const std::string& name) {
  return name.find('/') != std::string::npos || std::filesystem::path(name).extension() == ".toml";
}

std::string read_file(const std::string& path) {
  std::ifstream in(path);
  std::ostringstream text;
  text << in.rdbuf();
  if (!in || text.str().empty())
    throw WrongUsage("cannot read " + path + ": give the path of a scenario file");
  return text.str();
}

// The scenarios of a folder, by name.
std::vector<Scenario> read_folder(const std::string& path, DriverKind driver) {
  std::vector<Scenario> found;
  for (const auto& entry : std::filesystem::directory_iterator(path))
    if (entry.path().extension() == ".toml")
      found.push_back(read_scenario(read_file(entry.path().string()), entry.path().string(), driver));
  if (found.empty()) throw WrongUsage("there is no scenario file (*.toml) in " + path);
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return found;
}

bool goes_by(const Scenario& scenario, const std::string& name) {
  return matches_glob(name, scenario.name) ||
         std::find(scenario.tags.begin(), scenario.tags.end(), name) != scenario.tags.end();
}

WrongUsage unknown(const std::string& name, const std::vector<Scenario>& known) {
  std::vector<std::string> all(known.size());
  std::transform(known.begin(), known.end(), all.begin(), [](const Scenario& one) { return one.name; });
  const auto near = suggestion(name, all);
  return WrongUsage(
      "there is no scenario \"" + name + "\"" +
      (near.find("did you mean") == std::string::npos ? "; `migvalidate list` shows them" : near));
}

}  // namespace

std::vector<Scenario> built_in_scenarios(DriverKind driver) {
  std::vector<Scenario> all;
  for (const auto& [name, text] : embedded::scenario_files()) {
    all.push_back(read_scenario(text, std::string(name), driver));
    all.back().file = all.back().name;
  }
  return all;
}

std::vector<Scenario> find_scenarios(const std::vector<std::string>& names, DriverKind driver) {
  auto known = built_in_scenarios(driver);
  if (names.empty()) return known;
  std::vector<Scenario> found;
  for (const auto& name : names) {
    const auto before = found.size();
    if (is_file(name) && std::filesystem::is_directory(name))
      for (auto& scenario : read_folder(name, driver)) found.push_back(std::move(scenario));
    else if (is_file(name))
      found.push_back(read_scenario(read_file(name), name, driver));
    else
      std::copy_if(known.begin(), known.end(), std::back_inserter(found),
                   [&](const Scenario& scenario) { return goes_by(scenario, name); });
    if (found.size() > before) continue;
    throw unknown(name, known);
  }
  return found;
}

std::string text_of_scenario(const std::string& name) {
  if (is_file(name)) return read_file(name);
  for (const auto& [file, text] : embedded::scenario_files())
    if (std::filesystem::path(file).stem() == name) return std::string(text);
  throw WrongUsage("there is no scenario \"" + name + "\"; `migvalidate list` shows them");
}

}  // namespace mig::validate
