// SPDX-License-Identifier: GPL-2.0-or-later
#include <optional>
#include <set>
#include <stdexcept>

#include "replay/analyses/words.hpp"
#include "replay/commands/analysis_command.hpp"
#include "replay/devices/description_source.hpp"
#include "replay/devices/device_report.hpp"

namespace mig::replay {
namespace {

class DevicesCommand final : public AnalysisCommand {
 public:
  DevicesCommand()
      : AnalysisCommand(
            devices_analysis,
            "device sections with their sizes; fields and values through the VM description",
            "  migreplay devices precopy.pcap                          table of all sections\n"
            "  migreplay devices precopy.pcap --device serial          with fields and values\n"
            "  migreplay devices postcopy.pcap --vmdesc precopy.pcap   a postcopy stream carries no "
            "description:\n"
            "                                                          take it from one of the same machine\n"
            "  migreplay devices --json vm.state | jq '.migrations[].devices.sections[]'\n") {}
  void declare(OptionTable& options) override {
    AnalysisCommand::declare(options);
    options.path("--vmdesc", vmdesc_,
                 "VM description (JSON), or a precopy capture or stream that ends with one");
    options.text("--device", choice_.device,
                 "only sections whose name contains this, with fields and values");
    options.flag("--values", choice_.values, "fields and values of every section");
  }
  int run() override {
    if (!vmdesc_.empty()) elsewhere_ = description_from_file(vmdesc_);
    choice_.values = choice_.values || !choice_.device.empty();
    return AnalysisCommand::run();
  }

 private:
  [[nodiscard]] std::unique_ptr<MigrationAnalysis> make() const override {
    auto states = std::make_unique<DeviceStates>();
    states->show(choice_, elsewhere_ ? &*elsewhere_ : nullptr);
    return states;
  }

  /// A name that no section has is more likely misspelt than not there.
  void check(const std::string& path, const MigrationAnalysis& analysis) const override {
    std::set<std::string> names;
    for (const auto* state : dynamic_cast<const DeviceStates&>(analysis).migrations()) {
      if (!captures().wants(*state->migration)) continue;
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

  std::string vmdesc_;
  DeviceChoice choice_;
  std::optional<DescriptionSource> elsewhere_;
};

}  // namespace

CommandPointer devices_command() { return std::make_unique<DevicesCommand>(); }

}  // namespace mig::replay
