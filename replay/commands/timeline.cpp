// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/analyses/timeline.hpp"

#include "replay/analyses/timeline_json.hpp"
#include "replay/analyses/timeline_text.hpp"
#include "replay/commands/analysis_command.hpp"

namespace mig::replay {

CommandPointer timeline_command() {
  return analysis_command<TimelineCollector>(
      "timeline", "the switchover on one clock, and how long the guest was away",
      "  migreplay timeline migration.pcap\n"
      "  migreplay timeline --json migration.pcap | jq '.migrations[0].timeline.guest_away_at_least'\n",
      [](const Timeline& timeline, Time start) { return timeline_text(timeline, start); },
      [](const Timeline& timeline, Time start) { return to_json(timeline, start); });
}

}  // namespace mig::replay
