// SPDX-License-Identifier: GPL-2.0-or-later
// One clock for a whole run: everything observed is stamped in seconds since its start.
#pragma once

#include <chrono>

namespace mig::validate {

using Seconds = double;

class RunClock {
 public:
  RunClock() = default;

  [[nodiscard]] Seconds now() const { return since(std::chrono::steady_clock::now() - steady_start_); }

  /// QMP events carry wall time; `since_epoch` is in seconds.
  [[nodiscard]] Seconds from_wall(double since_epoch) const {
    return since_epoch - since(wall_start_.time_since_epoch());
  }

  /// CLOCK_MONOTONIC, one for all processes of a machine; in seconds.
  [[nodiscard]] Seconds from_monotonic(double seconds) const {
    return seconds - since(steady_start_.time_since_epoch());
  }

  /// Makes this moment second 0.
  void restart() { *this = RunClock(); }

 private:
  template <typename Duration>
  static Seconds since(Duration duration) {
    return std::chrono::duration<double>(duration).count();
  }

  std::chrono::steady_clock::time_point steady_start_ = std::chrono::steady_clock::now();
  std::chrono::system_clock::time_point wall_start_ = std::chrono::system_clock::now();
};

}  // namespace mig::validate
