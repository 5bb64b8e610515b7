// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/libvirt/migrate_options.hpp"

#include <algorithm>
#include <array>

#include "validate/base/errors.hpp"

namespace mig::validate::libvirt {
namespace {

constexpr const char* mebibytes_a_second = "8";  // precopy must not end by itself

// The last two libvirt switches on by itself, whatever it is asked.
constexpr std::array<std::pair<std::string_view, std::string_view>, 4> capabilities{
    {{"postcopy-ram", "--postcopy"},
     {"multifd", "--parallel"},
     {"postcopy-preempt", ""},
     {"return-path", ""}}};

[[noreturn]] void refuse(const Scenario& scenario, const std::string& what) {
  throw CouldNotRun(scenario.name + " wants " + what +
                    ", which cannot be had through libvirt. Run it without --through libvirt.");
}

void refuse_what_libvirt_owns(const Scenario& scenario) {
  for (const auto* needs : {&scenario.source, &scenario.destination}) {
    if (needs->paused) refuse(scenario, "a guest that is started with -S");
    if (!needs->arguments.empty()) refuse(scenario, "arguments of its own for QEMU");
    if (!needs->parameters.empty()) refuse(scenario, "migration parameters of its own");
  }
}

}  // namespace

std::vector<std::string> migrate_options(const Scenario& scenario) {
  refuse_what_libvirt_owns(scenario);
  std::vector<std::string> options{"--live", "--bandwidth", mebibytes_a_second};
  for (const auto& wanted : scenario.source.capabilities) {
    const auto* known = std::find_if(capabilities.begin(), capabilities.end(),
                                     [&](const auto& capability) { return capability.first == wanted; });
    if (known == capabilities.end()) refuse(scenario, "the capability " + wanted);
    if (!known->second.empty()) options.emplace_back(known->second);
  }
  if (scenario.tls) options.insert(options.end(), {"--tls", "--tls-destination", "destination"});
  options.insert(options.end(), scenario.libvirt.migrate.begin(), scenario.libvirt.migrate.end());
  return options;
}

}  // namespace mig::validate::libvirt
