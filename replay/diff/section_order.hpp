// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstddef>
#include <vector>

namespace mig::replay {

/// `places[i]` is where the i-th section of one stream stands in the other, each place once. Gives the fewest
/// i whose removal leaves both in the same order: those that moved. O(n log n).
[[nodiscard]] std::vector<std::size_t> moved(const std::vector<std::size_t>& places);

}  // namespace mig::replay
