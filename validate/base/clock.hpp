// SPDX-License-Identifier: GPL-2.0-or-later
// One clock for a whole run: everything observed is stamped in seconds since its start.
#pragma once

#include <chrono>

namespace mig::validate {

using Seconds = double;

class RunClock {
 public:
  /// Both clocks are read at one moment, as nearly as a loaded machine allows: QEMU's events come by the wall
  /// clock, migproxy's lines by the other, and what is off between them shows as effects before causes.
  RunClock() {
    auto nearest = std::chrono::steady_clock::duration::max();
    for (int attempt = 0; attempt < 20 && nearest > std::chrono::microseconds(5); ++attempt) {
      const auto before = std::chrono::steady_clock::now();
      const auto wall = std::chrono::system_clock::now();
      const auto took = std::chrono::steady_clock::now() - before;
      if (took >= nearest) continue;
      nearest = took;
      steady_start_ = before;
      wall_start_ = wall;
    }
  }

  [[nodiscard]] Seconds now() const { return since(std::chrono::steady_clock::now() - steady_start_); }

  /// QMP events carry wall time; `since_epoch` is in seconds.
  [[nodiscard]] Seconds from_wall(double since_epoch) const {
    return since_epoch - since(wall_start_.time_since_epoch());
  }

  /// CLOCK_MONOTONIC, one for all processes of a machine; in seconds.
  [[nodiscard]] Seconds from_monotonic(double seconds) const {
    return seconds - since(steady_start_.time_since_epoch());
  }

 private:
  template <typename Duration>
  static Seconds since(Duration duration) {
    return std::chrono::duration<double>(duration).count();
  }

  std::chrono::steady_clock::time_point steady_start_;
  std::chrono::system_clock::time_point wall_start_;
};

}  // namespace mig::validate
