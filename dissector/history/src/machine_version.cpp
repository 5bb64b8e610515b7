// SPDX-License-Identifier: GPL-2.0-or-later
#include "mig/history/machine_version.hpp"

#include <charconv>

namespace mig {

QemuVersion machine_version(std::string_view machine) {
  const auto dash = machine.rfind('-');
  if (dash == std::string_view::npos) return {};
  const char* end = machine.data() + machine.size();
  QemuVersion out;
  const auto [dot, error] = std::from_chars(machine.data() + dash + 1, end, out.major);
  if (error != std::errc() || dot == end || *dot != '.') return {};
  const auto [rest, wrong] = std::from_chars(dot + 1, end, out.minor);
  if (wrong != std::errc() || rest != end || out.major > 100 || out.minor > 100) return {};
  return out;
}

bool waits_for_pong(const Facts& at_source, const StreamTables& tables) {
  return at_source.ping_loaded || machine_version(tables.name(tables.machine)) >= QemuVersion{10, 2};
}

}  // namespace mig
