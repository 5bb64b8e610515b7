// SPDX-License-Identifier: GPL-2.0-or-later
#include <optional>
#include <set>
#include <stdexcept>

#include "replay/analyses/words.hpp"
#include "replay/commands/analysis_command.hpp"
#include "replay/devices/device_report.hpp"

namespace mig::replay {
namespace {

class DevicesCommand final : public Command {
 public:
  DevicesCommand()
      : Command(
            "devices", "device sections with their sizes; fields and values through the VM description",
            "  migreplay devices precopy.pcap                          table of all sections\n"
            "  migreplay devices precopy.pcap --device serial          with fields and values\n"
            "  migreplay devices postcopy.pcap --vmdesc precopy.pcap   a postcopy stream carries no "
            "description:\n"
            "                                                          take it from one of the same machine\n"
            "  migreplay devices --json vm.state | jq '.migrations[].devices.sections[]'\n") {}
  void declare(OptionTable& options) override {
    captures_.declare(options);
    options.path("--vmdesc", vmdesc_,
                 "VM description (JSON), or a precopy capture or stream that ends with one");
    options.text("--device", choice_.device,
                 "only sections whose name contains this, with fields and values");
    options.flag("--values", choice_.values, "fields and values of every section");
  }
  int run() override {
    if (!vmdesc_.empty()) elsewhere_ = description_from_file(vmdesc_);
    choice_.values = choice_.values || !choice_.device.empty();
    return captures_.for_each([this](const std::string& path) { return one(path); });
  }

 private:
  bool one(const std::string& path) {
    DeviceStates states;
    Analysis analysis({&states});
    const bool fine = captures_.read(path, analysis);
    const auto start = analysis.start();
    std::vector<MigrationPart> parts;
    for (const auto& state : states.migrations()) {
      const auto found =
          std::make_shared<FoundDescription>(elsewhere_ ? *elsewhere_ : own_description(*state));
      const auto* s = state.get();
      parts.push_back({s->migration, [=, this] { return devices_text(*s, *found, choice_); },
                       [=, this] { return devices_json(*s, *found, start, choice_); }});
    }
    print_parts(name(), path, captures_, analysis, parts);
    require_device(path, states);
    return fine;
  }

  /// A name that no section has is more likely misspelt than not there.
  void require_device(const std::string& path, const DeviceStates& states) const {
    std::set<std::string> names;
    for (const auto& state : states.migrations()) {
      if (!captures_.wants(*state->migration)) continue;
      for (const auto& section : state->sections) names.insert(printable(section.idstr));
    }
    std::string list;
    for (const auto& name : names) {
      if (name.find(choice_.device) != std::string::npos) return;
      list += (list.empty() ? "" : ", ") + name;
    }
    if (!names.empty() && !choice_.device.empty())
      throw std::runtime_error(path + ": no device section \"" + choice_.device + "\"; there are " + list);
  }

  Captures captures_;
  std::string vmdesc_;
  DeviceChoice choice_;
  std::optional<FoundDescription> elsewhere_;
};

}  // namespace

CommandPointer devices_command() { return std::make_unique<DevicesCommand>(); }

}  // namespace mig::replay
