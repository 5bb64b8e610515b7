// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/analyses/faults.hpp"

#include "replay/analyses/faults_json.hpp"
#include "replay/analyses/faults_text.hpp"
#include "replay/commands/analysis_command.hpp"

namespace mig::replay {

CommandPointer faults_command() {
  return analysis_command<FaultCollector>(
      "faults", "page-fault service: how long each request waited for its page",
      "  migreplay faults postcopy.pcap\n"
      "  migreplay faults --json postcopy.pcap | jq '.migrations[0].faults.last_byte.p99_us'\n",
      [](const Faults& faults, Time start) { return faults_text(faults, start); },
      [](const Faults& faults, Time start) { return to_json(faults, start); });
}

}  // namespace mig::replay
