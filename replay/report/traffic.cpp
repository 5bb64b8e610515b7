// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/report/traffic.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "replay/analyses/words.hpp"

namespace mig::replay {

void Traffic::halve(Bins& bins) {
  bins.length *= 2;
  for (auto& way : bins.ways) {
    for (std::size_t i = 0; i < way.size(); i += 2)
      way[i / 2] = way[i] + (i + 1 < way.size() ? way[i + 1] : 0);
    way.resize((way.size() + 1) / 2);
  }
}

void Traffic::event(const Seen& seen, const Event& event, Bytes) {
  const auto size = bytes_passed(event);
  if (seen.migration == nullptr || size == 0) return;
  auto& bins = bins_[seen.migration->id()];
  const auto since = std::max(seen.time - start_, Time{});
  while (since / bins.length >= static_cast<std::int64_t>(max_bins)) halve(bins);
  const auto i = static_cast<std::size_t>(since / bins.length);
  for (auto& way : bins.ways) way.resize(std::max(way.size(), i + 1));
  bins.ways[static_cast<std::size_t>(seen.direction)][i] += size;
}

boost::json::object Traffic::to_json(const Migration& migration) const {
  const auto found = bins_.find(migration.id());
  const auto bins = found != bins_.end() ? found->second : Bins();
  return {{"bin_seconds", seconds(bins.length)},
          {"forward", boost::json::value_from(bins.ways[0])},
          {"back", boost::json::value_from(bins.ways[1])}};
}

}  // namespace mig::replay
