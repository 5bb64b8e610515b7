// SPDX-License-Identifier: GPL-2.0-or-later
// What the steps of a scenario work with while a run lasts.
#pragma once

#include <array>
#include <functional>
#include <string>

#include "validate/run/disk_lock.hpp"
#include "validate/run/watcher.hpp"
#include "validate/scenario/step.hpp"

namespace mig::validate {

struct StepContext {
  Watcher& watcher;
  Driver& driver;
  ProxyProcess* proxy;    ///< null where the two speak to each other
  std::string listening;  ///< where the destination waits
  std::string address;    ///< where the source has to connect to
  DiskLock disk;
  Seconds acted_at = 0;  ///< when the step did what it does: what comes of it comes later
  std::array<std::size_t, 2> events_before{};  ///< QMP events of each side when the step began

  /// Until `met`, the limit, or the end of the side that is waited for.
  [[nodiscard]] StepResult wait_for(Seconds limit, Side side, const std::function<bool()>& met);
};

/// Takes it, keeps what it found, and reports it unless it is a wait that was met.
void take_step(const Step& step, StepContext& run);

}  // namespace mig::validate
