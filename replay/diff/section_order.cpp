// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/diff/section_order.hpp"

#include <algorithm>

namespace mig::replay {

std::vector<std::size_t> moved(const std::vector<std::size_t>& places) {
  // Longest increasing subsequence: ends[k] is where the one of length k + 1 with the smallest last place
  // ends.
  constexpr auto none = static_cast<std::size_t>(-1);
  std::vector<std::size_t> ends, before(places.size(), none);
  for (std::size_t i = 0; i < places.size(); ++i) {
    const auto k = std::lower_bound(ends.begin(), ends.end(), places[i],
                                    [&](std::size_t end, std::size_t place) { return places[end] < place; });
    if (k != ends.begin()) before[i] = *(k - 1);
    if (k == ends.end()) {
      ends.push_back(i);
    } else {
      *k = i;
    }
  }
  std::vector<bool> stays(places.size());
  for (auto i = ends.empty() ? none : ends.back(); i != none; i = before[i]) stays[i] = true;
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < places.size(); ++i) {
    if (!stays[i]) out.push_back(i);
  }
  return out;
}

}  // namespace mig::replay
