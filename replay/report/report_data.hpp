// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <boost/json/array.hpp>

#include "replay/analyses/summary.hpp"

namespace mig::replay {

/// One entry per migration: that of `summary --json`, and each analysis of `summary` under its name, as its
/// command prints it. A recording of both legs has an entry for each leg, with the verdict of both.
[[nodiscard]] boost::json::array report_data(const SummaryCollector& summary);

}  // namespace mig::replay
