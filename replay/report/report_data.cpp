// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/report/report_data.hpp"

#include <boost/json.hpp>
#include <unordered_map>
#include <utility>

#include "replay/analyses/faults_json.hpp"
#include "replay/analyses/ram_json.hpp"
#include "replay/analyses/summary_json.hpp"
#include "replay/analyses/timeline_json.hpp"
#include "replay/devices/device_report.hpp"

namespace mig::replay {
namespace {

/// What another collector found of each migration.
template <class List>
class Parts {
 public:
  explicit Parts(const List& list) {
    for (const auto& entry : list) by_migration_.emplace(entry->migration, &*entry);
  }
  using Part = decltype(&**std::declval<const List&>().begin());
  /// nullptr: it saw nothing of it.
  [[nodiscard]] Part operator[](const Migration& m) const {
    const auto found = by_migration_.find(&m);
    return found != by_migration_.end() ? found->second : nullptr;
  }

 private:
  std::unordered_map<const Migration*, Part> by_migration_;
};

}  // namespace

boost::json::array ReportCollectors::to_json(Time start, const FoundDescription* elsewhere) const {
  boost::json::array out;
  const Parts timelines(timeline.migrations());
  const Parts all_faults(faults.migrations());
  const Parts rams(ram.migrations());
  const Parts machines(devices.migrations());
  for (const auto& entry : summary.migrations()) {
    const auto& m = *entry->migration;
    auto object = replay::to_json(*entry, start);
    const auto* t = timelines[m];
    const auto* f = all_faults[m];
    const auto* r = rams[m];
    const auto* d = machines[m];
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
