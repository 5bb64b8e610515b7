// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <boost/json/object.hpp>

#include "replay/analyses/summary.hpp"

namespace mig::replay {

/// `{"migrations": [...], "other_connections": [...]}`; docs/summary-schema.md has every key.
[[nodiscard]] boost::json::object to_json(const SummaryCollector& summary);

}  // namespace mig::replay
