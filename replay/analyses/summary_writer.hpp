// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <span>
#include <string>

#include "replay/analyses/summary.hpp"

namespace mig::replay {

/// Notes one event into its migration's summary. `multifd_id` is kept per connection.
void note_event(MigrationSummary& out, const EventContext& context, const Event& event,
                std::string& multifd_id, bool hash);
/// The same for what is told by Consumer::whole_pages() in precopy, and counts its bytes.
void note_whole_pages(MigrationSummary& out, std::span<const Event> pages, bool hash);

}  // namespace mig::replay
