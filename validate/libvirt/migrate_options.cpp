// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/libvirt/migrate_options.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace mig::validate::libvirt {
namespace {

constexpr const char* mebibytes_a_second = "8";  // precopy must not end by itself

template <std::size_t size>
using OptionNames = std::array<std::pair<std::string_view, std::string_view>, size>;

// The last two libvirt switches on by itself, whatever it is asked.
constexpr OptionNames<4> capabilities{{{"postcopy-ram", "--postcopy"},
                                       {"multifd", "--parallel"},
                                       {"postcopy-preempt", ""},
                                       {"return-path", ""}}};

// QEMU wants bytes where virsh wants MiB.
constexpr std::string_view bandwidth = "--bandwidth";
constexpr OptionNames<3> parameters{{{"max-bandwidth", bandwidth},
                                     {"max-postcopy-bandwidth", "--postcopy-bandwidth"},
                                     {"multifd-channels", "--parallel-connections"}}};

template <std::size_t size>
std::optional<std::string_view> option_for(const OptionNames<size>& words, std::string_view name) {
  const auto found =
      std::find_if(words.begin(), words.end(), [&](const auto& word) { return word.first == name; });
  return found == words.end() ? std::nullopt : std::optional(found->second);
}

std::string virsh_value(std::string_view name, const boost::json::value& value) {
  const auto number = value.to_number<std::int64_t>();
  constexpr std::int64_t mebibyte = 1 << 20;
  return std::to_string(name == "multifd-channels" ? number : (number + mebibyte - 1) / mebibyte);
}

void add_parameters(const Scenario& scenario, std::vector<std::string>& options) {
  const auto& given = scenario.source.parameters;
  if (!given.contains("max-bandwidth"))
    options.insert(options.end(), {std::string(bandwidth), mebibytes_a_second});
  for (const auto& [name, value] : given)
    options.insert(options.end(), {std::string(*option_for(parameters, name)), virsh_value(name, value)});
}

}  // namespace

std::optional<std::string> unsupported_reason(const Scenario& scenario) {
  if (scenario.source.paused) return "libvirt migrates no guest that was never started (-S on the source)";
  if (scenario.exit_on_error) return "libvirt says itself whether the destination ends when it fails";
  for (const auto* needs : {&scenario.source, &scenario.destination}) {
    if (!needs->arguments.empty()) return "libvirt makes QEMU's command line itself";
    for (const auto& [name, value] : needs->parameters)
      if (!option_for(parameters, name)) return "virsh migrate has no option for " + std::string(name);
    for (const auto& name : needs->capabilities)
      if (!option_for(capabilities, name)) return "virsh migrate has no option for " + name;
  }
  return std::nullopt;
}

std::vector<std::string> migrate_options(const Scenario& scenario) {
  // Both domains open the same files of one machine, which libvirt 9 does not take for safe.
  std::vector<std::string> options{"--live", "--unsafe"};
  for (const auto& wanted : scenario.source.capabilities)
    if (const auto option = option_for(capabilities, wanted); !option->empty()) options.emplace_back(*option);
  add_parameters(scenario, options);
  if (scenario.tls) options.insert(options.end(), {"--tls", "--tls-destination", "destination"});
  options.insert(options.end(), scenario.libvirt.migrate.begin(), scenario.libvirt.migrate.end());
  return options;
}

}  // namespace mig::validate::libvirt
