// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/analyses/latency.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace mig::replay {
namespace {

/// Buckets that are 2^bits to each doubling: the number of the one that holds `value`.
std::uint32_t bucket_of(std::uint64_t value, unsigned bits) noexcept {
  const auto width = static_cast<unsigned>(std::bit_width(value));
  if (width <= bits + 1) return static_cast<std::uint32_t>(value);
  const auto shift = width - bits - 1;
  return static_cast<std::uint32_t>((shift << bits) + (value >> shift));
}

/// The first value of a bucket.
std::uint64_t begin_of(std::uint32_t bucket, unsigned bits) noexcept {
  const auto shift = bucket >> bits;
  if (shift <= 1) return bucket;
  return ((bucket & ((1U << bits) - 1)) | 1ULL << bits) << (shift - 1);
}

constexpr unsigned fine = 7, coarse = 2;

}  // namespace

void Latency::add(Time duration) {
  duration = std::max(duration, Time(0));
  ++buckets_[bucket_of(static_cast<std::uint64_t>(duration.count()), fine)];
  least_ = count_ == 0 ? duration : std::min(least_, duration);
  most_ = std::max(most_, duration);
  sum_ += duration;
  ++count_;
}

Time Latency::mean() const noexcept {
  return count_ == 0 ? Time(0) : sum_ / static_cast<std::int64_t>(count_);
}

Time Latency::percentile(double share) const {
  const auto wanted =
      std::max<std::uint64_t>(1, static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(count_))));
  std::uint64_t seen = 0;
  for (const auto& [bucket, n] : buckets_) {
    seen += n;
    if (seen >= wanted)
      return std::min(most_, Time(static_cast<std::int64_t>(begin_of(bucket + 1, fine)) - 1));
  }
  return most_;
}

std::vector<Latency::Bucket> Latency::histogram() const {
  std::map<std::uint32_t, std::uint64_t> counts;
  for (const auto& [bucket, n] : buckets_) counts[bucket_of(begin_of(bucket, fine), coarse)] += n;
  std::vector<Bucket> out;
  if (counts.empty()) return out;
  for (auto i = counts.begin()->first; i <= counts.rbegin()->first; ++i) {
    const auto found = counts.find(i);
    out.push_back({Time(static_cast<std::int64_t>(begin_of(i, coarse))),
                   Time(static_cast<std::int64_t>(begin_of(i + 1, coarse))),
                   found != counts.end() ? found->second : 0});
  }
  return out;
}

}  // namespace mig::replay
