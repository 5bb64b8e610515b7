// SPDX-License-Identifier: GPL-2.0-or-later
// All bytes are there, but not in order, or among others.
#include <doctest/doctest.h>

#include <algorithm>
#include <random>

#include "replay/damaged.hpp"

namespace json = boost::json;
using namespace mig;
using namespace mig::replay;
using namespace mig::test;

TEST_CASE("reordered packets and repeated ones tell the same") {
  for (const auto* name : damaged_samples) {
    CAPTURE(std::string(name));
    const auto whole = frames_of(name);
    auto mixed = whole;
    std::mt19937 random(5);
    for (std::size_t i = 8; i + 4 < mixed.size(); ++i) {
      if (random() % 5 == 0) std::swap(mixed[i].bytes, mixed[i + random() % 4].bytes);
      if (random() % 20 == 0) mixed.insert(mixed.begin() + static_cast<std::ptrdiff_t>(i), mixed[i]);
    }
    for (auto& frame : mixed) frame.size_on_wire = static_cast<std::uint32_t>(frame.bytes.size());
    CHECK(without_times(only(summary_of(mixed))) == without_times(only(summary_of(whole))));
  }
}

TEST_CASE("sequence numbers that wrap tell the same") {
  for (const auto* name : damaged_samples) {
    CAPTURE(std::string(name));
    const auto whole = frames_of(name);
    const auto first = segment_of(whole.front());
    REQUIRE(first);
    for (const std::uint32_t before : {0U, 1U, 100000U, 2000000U}) {
      auto wrapped = whole;
      for (auto& frame : wrapped) shift(frame, 0U - first->sequence - before);
      CHECK(without_times(only(summary_of(wrapped))) == without_times(only(summary_of(whole))));
    }
  }
}

TEST_CASE("two migrations at once are kept apart, and told as each alone") {
  const std::pair<const char*, const char*> pairs[] = {
      {"03-postcopy-11.1-11.1.pcap.zst", "07-postcopy-preempt-11.1-11.1.pcap.zst"},
      {"08-multifd2-none-11.1-11.1.pcap.zst", "08-multifd2-none-11.1-11.1.pcap.zst"},
      {"07-postcopy-preempt-11.1-11.1.pcap.zst", "07-postcopy-preempt-11.1-11.1.pcap.zst"}};
  for (const auto& [one, other] : pairs) {
    CAPTURE(std::string(one));
    CAPTURE(std::string(other));
    const auto a = frames_of(one);
    auto b = frames_of(other);
    const auto distance = a.front().time - b.front().time + std::chrono::microseconds(150);
    for (auto& frame : b) {
      shift(frame, 77, 4455);
      frame.time += distance;
    }
    Frames both = a;
    both.insert(both.end(), b.begin(), b.end());
    std::stable_sort(both.begin(), both.end(), [](const auto& x, const auto& y) { return x.time < y.time; });
    const auto told = summary_of(both);
    REQUIRE(told.size() == 2);
    CHECK(without_times(told.at(0).as_object()) == without_times(only(summary_of(a))));
    CHECK(without_times(told.at(1).as_object()) == without_times(only(summary_of(b))));
  }
}
