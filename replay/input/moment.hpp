// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <chrono>
#include <cstdint>

#include "mig/history/facts.hpp"

namespace mig::replay {

/// Since the Unix epoch.
using Time = std::chrono::nanoseconds;

/// When, and in which packet of the capture: numbered from 1 as Wireshark does, 0 where there are none.
struct Moment {
  Time time{};
  std::uint64_t packet = 0;
};

[[nodiscard]] inline When when_of(const Moment& moment) noexcept {
  return {moment.time.count(), moment.packet};
}

}  // namespace mig::replay
