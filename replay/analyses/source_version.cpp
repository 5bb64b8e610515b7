// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/analyses/source_version.hpp"

#include <algorithm>
#include <cstdlib>

#include "mig/migration.hpp"
#include "mig/wire.hpp"

namespace mig::replay {
namespace {

struct Version {
  unsigned major = 0, minor = 0;
  friend auto operator<=>(const Version&, const Version&) = default;
  [[nodiscard]] std::string text() const { return std::to_string(major) + "." + std::to_string(minor); }
};

/// Versioned machine types end in "-MAJOR.MINOR"; a QEMU knows none newer than itself.
Version of_machine(std::string_view machine) {
  const auto dash = machine.rfind('-');
  if (dash == std::string_view::npos) return {};
  const std::string tail(machine.substr(dash + 1));
  char* end = nullptr;
  const auto major = std::strtoul(tail.c_str(), &end, 10);
  if (end == tail.c_str() || *end != '.') return {};
  char* rest = nullptr;
  const auto minor = std::strtoul(end + 1, &rest, 10);
  if (rest == end + 1 || *rest != '\0' || major > 100 || minor > 100) return {};
  return {static_cast<unsigned>(major), static_cast<unsigned>(minor)};
}

bool sent(const MigrationSummary& m, CommandType type) {
  return std::any_of(m.commands.begin(), m.commands.end(), [&](const auto& c) { return c.type == type; });
}

bool pinged_in_package(const MigrationSummary& m, std::uint32_t value) {
  return std::any_of(m.commands.begin(), m.commands.end(),
                     [&](const auto& c) { return c.in_package && c.value == value; });
}

}  // namespace

SourceVersion source_version(const MigrationSummary& m) {
  SourceVersion out;
  Version least;
  const auto at_least = [&](Version version, std::string by) {
    if (version <= least) return;
    least = version;
    out.at_least = version.text();
    out.at_least_by = std::move(by);
  };
  const auto& tables = m.migration->tables();
  at_least(of_machine(tables.name(tables.machine)), "machine type");
  if (m.migration->phases().postcopy()) at_least({2, 5}, "postcopy package");
  if (m.multifd.packets != 0) at_least({4, 0}, "multifd channels");
  if (tables.mapped_ram) at_least({9, 0}, "mapped-ram");
  if (sent(m, CommandType::switchover_start)) at_least({10, 0}, "SWITCHOVER_START");
  if (m.multifd.packets != 0 && m.migration->phases().postcopy())
    at_least({10, 1}, "multifd and postcopy together");
  if (pinged_in_package(m, wire::ping_package_loaded)) at_least({10, 2}, "PING 0x42");
  const bool old_package = m.migration->phases().postcopy() && pinged_in_package(m, 3) &&
                           !pinged_in_package(m, wire::ping_package_loaded);
  if (old_package) out.at_most = "10.1", out.at_most_by = "no PING 0x42 in the package";
  return out;
}

}  // namespace mig::replay
