// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <string>
#include <vector>

#include "replay/analyses/summary.hpp"

namespace mig::replay {

/// Why there is no migration in a capture: what is in it instead, and what to do. Lines without their ends.
[[nodiscard]] std::vector<std::string> nothing_found(const SummaryCollector& summary);
/// What a connection is that belongs to no migration: "refused: nothing listened there".
[[nodiscard]] std::string what_it_is(const ChannelSummary& connection, const SummaryCollector& summary);

}  // namespace mig::replay
