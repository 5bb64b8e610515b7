// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <boost/json/object.hpp>

#include "replay/analyses/faults.hpp"
#include "replay/analyses/ram.hpp"
#include "replay/analyses/summary.hpp"
#include "replay/analyses/timeline.hpp"
#include "replay/devices/device_states.hpp"
#include "replay/devices/found_description.hpp"
#include "replay/report/traffic.hpp"

namespace mig::replay {

/// Everything that a report shows, gathered in one reading.
struct ReportCollectors {
  SummaryCollector summary;
  TimelineCollector timeline;
  FaultCollector faults;
  RamCollector ram;
  DeviceStates devices;
  Traffic traffic;

  [[nodiscard]] std::vector<Consumer*> all() {
    return {&summary, &timeline, &faults, &ram, &devices, &traffic};
  }
  /// One entry per migration: that of `summary --json`, with `timeline`, `faults`, `ram` and `devices` as
  /// those commands print them, and `traffic`. `elsewhere`: a VM description for migrations without one, or
  /// nullptr.
  [[nodiscard]] boost::json::array to_json(Time start, const FoundDescription* elsewhere) const;
};

}  // namespace mig::replay
