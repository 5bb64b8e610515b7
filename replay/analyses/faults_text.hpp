// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <string>

#include "replay/analyses/faults.hpp"

namespace mig::replay {

/// Counts, percentiles, a histogram, the worst and the unanswered, for people.
[[nodiscard]] std::string faults_text(const Faults& faults, Time start);

}  // namespace mig::replay
