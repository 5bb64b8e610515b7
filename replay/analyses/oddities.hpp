// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include "replay/analyses/summary.hpp"

namespace mig::replay {

/// Adds what can be told only at the end of the capture.
void find_oddities(MigrationSummary& m);

}  // namespace mig::replay
