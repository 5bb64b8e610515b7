// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstdint>
#include <map>
#include <vector>

#include "replay/input/capture_reader.hpp"

namespace mig::replay {

/// Durations, counted in buckets that are no wider than 1/128 of what they hold: any number of durations in a
/// few thousand counters. Least, most and sum are exact.
class Latency {
 public:
  struct Bucket {
    Time from{}, to{};
    std::uint64_t count = 0;
  };

  void add(Time duration);
  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
  [[nodiscard]] Time least() const noexcept { return least_; }
  [[nodiscard]] Time most() const noexcept { return most_; }
  [[nodiscard]] Time mean() const noexcept;
  /// So long took at most `share` (0 to 1) of them; at most 1/128 above the exact value, never above most().
  [[nodiscard]] Time percentile(double share) const;
  /// For drawing: the same durations, four buckets for each doubling, those in between that hold nothing too.
  [[nodiscard]] std::vector<Bucket> histogram() const;

 private:
  std::map<std::uint32_t, std::uint64_t> buckets_;
  std::uint64_t count_ = 0;
  Time sum_{}, least_{}, most_{};
};

}  // namespace mig::replay
