// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <string>

#include "replay/analyses/summary.hpp"

namespace mig::replay {

/// One screen for people about one migration of `summary`.
[[nodiscard]] std::string summary_text(const Reported& migration, const SummaryCollector& summary);

}  // namespace mig::replay
