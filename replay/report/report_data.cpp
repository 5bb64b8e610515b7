// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/report/report_data.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "replay/analyses/faults_json.hpp"
#include "replay/analyses/ram_json.hpp"
#include "replay/analyses/summary_json.hpp"
#include "replay/analyses/timeline_json.hpp"
#include "replay/devices/device_report.hpp"

namespace mig::replay {
namespace {

/// The entry of `m` in what another collector found; nullptr: it saw nothing of it.
template <class List>
auto part_of(const List& list, const Migration& m) -> decltype(&**list.begin()) {
  const auto found =
      std::find_if(list.begin(), list.end(), [&](const auto& e) { return e->migration == &m; });
  return found != list.end() ? &**found : nullptr;
}

}  // namespace

boost::json::array ReportCollectors::to_json(Time start, const FoundDescription* elsewhere) const {
  boost::json::array out;
  const auto timelines = timeline.migrations();
  const auto all_faults = faults.migrations();
  const auto rams = ram.migrations();
  for (const auto& entry : summary.migrations()) {
    const auto& m = *entry->migration;
    auto object = replay::to_json(*entry, start);
    const auto* t = part_of(timelines, m);
    const auto* f = part_of(all_faults, m);
    const auto* r = part_of(rams, m);
    const auto* d = part_of(devices.migrations(), m);
    const MachineState nothing;
    object["timeline"] = replay::to_json(t != nullptr ? *t : Timeline(), start);
    object["faults"] = replay::to_json(f != nullptr ? *f : Faults(), start);
    object["ram"] = replay::to_json(r != nullptr ? *r : Ram(), start);
    const auto& machine = d != nullptr ? *d : nothing;
    object["devices"] =
        devices_json(machine, elsewhere != nullptr ? *elsewhere : own_description(machine), start, {});
    object["traffic"] = traffic.to_json(m);
    out.push_back(std::move(object));
  }
  return out;
}

}  // namespace mig::replay
