// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/commands/command.hpp"

namespace mig::replay {

std::vector<CommandPointer> all_commands() {
  std::vector<CommandPointer> out;
  for (const auto& make : {
           summary_command,
           events_command,
           timeline_command,
           faults_command,
           ram_command,
           devices_command,
           extract_command,
           diff_command,
           send_command,
           redact_command,
           report_command,
           rescue_command,
       }) {
    out.push_back(make());
  }
  return out;
}

}  // namespace mig::replay
