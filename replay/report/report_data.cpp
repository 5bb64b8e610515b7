// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/report/report_data.hpp"

#include <boost/json.hpp>

#include "replay/analyses/summary_json.hpp"

namespace mig::replay {

boost::json::array report_data(const SummaryCollector& summary) {
  boost::json::array out;
  for (const auto& reported : summary.reported()) {
    const auto joined = to_json(reported, summary);
    for (const auto* leg : {reported.first, reported.second}) {
      if (leg == nullptr) continue;
      auto object = to_json(*leg, summary);
      for (const auto* key : {"migration", "verdict", "first_line", "guest_away"})
        object[key] = joined.at(key);
      for (const auto& entry : summary.analyses().entries())
        object[entry.kind->name] = entry.analysis->json(*leg->migration, summary.start());
      out.push_back(std::move(object));
    }
  }
  return out;
}

}  // namespace mig::replay
