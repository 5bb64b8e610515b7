// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/analyses/ram.hpp"

#include "replay/analyses/ram_json.hpp"
#include "replay/analyses/ram_text.hpp"
#include "replay/commands/analysis_command.hpp"

namespace mig::replay {

CommandPointer ram_command() {
  return analysis_command<RamCollector>(
      "ram", "RAM by pass and block: pages, re-sent pages, dirty rate, heat map",
      "  migreplay ram migration.pcap\n"
      "  migreplay ram --json migration.pcap | jq '.migrations[].ram.passes[].dirty_rate'\n",
      [](const Ram& ram, Time start) { return ram_text(ram, start); },
      [](const Ram& ram, Time start) { return to_json(ram, start); });
}

}  // namespace mig::replay
