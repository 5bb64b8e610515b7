// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <chrono>
#include <cstdint>

namespace mig::replay {

/// Since the Unix epoch.
using Time = std::chrono::nanoseconds;

/// When, and in which packet of the capture: numbered from 1 as Wireshark does, 0 where there are none.
struct Moment {
  Time time{};
  std::uint64_t packet = 0;
};

}  // namespace mig::replay
