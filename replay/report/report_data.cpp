// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/report/report_data.hpp"

#include <boost/json.hpp>

#include "replay/analyses/summary_json.hpp"

namespace mig::replay {

boost::json::array report_data(const SummaryCollector& summary) {
  boost::json::array out;
  for (const auto* m : summary.migrations()) {
    auto object = to_json(*m, summary.start());
    for (const auto& entry : summary.analyses().entries())
      object[entry.kind->name] = entry.analysis->json(*m->migration, summary.start());
    out.push_back(std::move(object));
  }
  return out;
}

}  // namespace mig::replay
