// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <boost/json/object.hpp>

#include "replay/analyses/summary.hpp"

namespace mig::replay {

/// One entry of `migrations`; docs/summary-schema.md has every key. Times are seconds since the first packet.
[[nodiscard]] boost::json::object to_json(const MigrationSummary& migration, const SummaryCollector& summary);
/// The same of what is reported as one; that of a recording has both of its `legs`.
[[nodiscard]] boost::json::object to_json(const Reported& migration, const SummaryCollector& summary);
/// `{"migrations": [...], "other_connections": [...]}`.
[[nodiscard]] boost::json::object to_json(const SummaryCollector& summary);

}  // namespace mig::replay
