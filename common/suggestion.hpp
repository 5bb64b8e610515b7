// SPDX-License-Identifier: GPL-2.0-or-later
// What somebody may have meant with a word that is not known.
#pragma once
#include <cstddef>
#include <string_view>

namespace mig {

/// How many letters have to be changed, added, removed or swapped with the next one to make `a` of `b`.
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b);

/// The word of `known`, a range of texts, that is nearest to `word`; empty if none is near enough to be
/// meant.
template <class Words>
[[nodiscard]] std::string_view nearest(std::string_view word, const Words& known) {
  std::string_view best;
  std::size_t best_distance = word.size() / 2 + 1;
  for (const std::string_view candidate : known) {
    const auto distance = edit_distance(word, candidate);
    if (distance >= best_distance) continue;
    best = candidate;
    best_distance = distance;
  }
  return best;
}

}  // namespace mig
