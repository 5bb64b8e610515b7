// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include "replay/analyses/summary.hpp"

namespace mig::replay {

/// Adds what can be found only at the end of the capture, and what `analyses` have found.
void add_findings(MigrationSummary& m, const Analyses& analyses);

}  // namespace mig::replay
