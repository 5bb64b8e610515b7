// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/analyses/source_version.hpp"

#include <algorithm>

#include "mig/history/machine_version.hpp"
#include "mig/history/migration.hpp"
#include "mig/wire.hpp"

namespace mig::replay {
namespace {

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
  QemuVersion least;
  const auto at_least = [&](QemuVersion version, std::string by) {
    if (version <= least) return;
    least = version;
    out.at_least = version.text();
    out.at_least_by = std::move(by);
  };
  const auto& tables = m.migration->tables();
  at_least(machine_version(tables.name(tables.machine)), "machine type");
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
