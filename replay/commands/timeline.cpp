// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/analyses/timeline.hpp"

#include "replay/commands/analysis_command.hpp"

namespace mig::replay {

extern const AnalysisKind timeline_analysis;

namespace {

class TimelineCommand final : public AnalysisCommand {
 public:
  TimelineCommand()
      : AnalysisCommand(
            timeline_analysis, "the switchover on one clock, and how long the guest was away",
            "  migreplay timeline migration.pcap\n"
            "  migreplay timeline --time utc migration.pcap     beside the logs of QEMU and libvirt\n"
            "  migreplay timeline --json migration.pcap | jq "
            "'.migrations[0].timeline.guest_away.at_most_s'\n") {}
  void declare(OptionTable& options) override {
    AnalysisCommand::declare(options);
    options.choice("--time", time_, {std::begin(time_styles), std::end(time_styles)},
                   "how times are shown: since the first packet, as date and time, or since the line before");
    options.flag("--devices", devices_, "a line for each device section");
  }

 private:
  [[nodiscard]] std::unique_ptr<MigrationAnalysis> make() const override {
    auto timeline = std::make_unique<TimelineAnalysis>();
    timeline->show({time_style(time_), devices_});
    return timeline;
  }

  std::string time_;
  bool devices_ = false;
};

}  // namespace

CommandPointer timeline_command() { return std::make_unique<TimelineCommand>(); }

}  // namespace mig::replay
