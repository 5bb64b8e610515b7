// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/commands/analysis_command.hpp"
#include "replay/commands/command.hpp"

namespace mig::replay {
namespace {

void add_analyses(std::vector<CommandPointer>& out) {
  for (const auto* kind : analysis_kinds()) {
    if (kind->help != nullptr)
      out.push_back(std::make_unique<AnalysisCommand>(*kind, kind->help, kind->examples));
  }
}

}  // namespace

std::vector<CommandPointer> all_commands() {
  std::vector<CommandPointer> out;
  out.push_back(summary_command());
  out.push_back(events_command());
  out.push_back(timeline_command());
  add_analyses(out);
  for (const auto& make : {devices_command, extract_command, diff_command, send_command, redact_command,
                           report_command, rescue_command})
    out.push_back(make());
  return out;
}

}  // namespace mig::replay
