// SPDX-License-Identifier: GPL-2.0-or-later
// Who owns the guest: what the collected facts say, for each migration and for the two legs of a recording.
#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "mig/history/machine_version.hpp"
#include "mig/history/migration.hpp"
#include "replay/analyses/faults.hpp"
#include "replay/analyses/ram.hpp"
#include "replay/analyses/summary.hpp"

namespace mig::replay {
namespace {

/// The part of an interface's name that migproxy gives to a leg.
std::string leg_of(const MigrationSummary& m) {
  if (m.channels.empty()) return {};
  const std::string& name = m.channels.front().info.interface.name;
  if (name == "source leg") return "source";
  return name == "destination leg" ? "destination" : "";
}

Viewpoint viewpoint(const MigrationSummary& m) {
  if (m.leg == "source") return Viewpoint::source;
  return m.leg == "destination" ? Viewpoint::destination : Viewpoint::link;
}

Time begin_of(const MigrationSummary& m) { return m.channels.empty() ? Time{} : m.channels.front().first; }

}  // namespace

Vantage SummaryCollector::vantage(const MigrationSummary& m, Time next) const {
  Vantage v;
  v.viewpoint = viewpoint(m);
  if (v.viewpoint != Viewpoint::link) v.deeds = remarks_.between(begin_of(m), next);
  v.stream_file = !m.channels.empty() && m.channels.front().info.client == Endpoint{};
  v.source_waits_for_pong = waits_for_pong(m.facts(), m.migration->tables());
  v.request_open = analyses_.get<FaultAnalysis>().of(*m.migration).all.unanswered != 0;
  v.capture_end = m.capture_end.count();
  v.all_pages_sent = analyses_.get<RamAnalysis>().all_pages_sent(*m.migration);
  v.silent = m.facts().is_silent(v.capture_end);
  return v;
}

void SummaryCollector::judge() {
  migrations_.for_each([&](MigrationSummary& m) { m.leg = leg_of(m); });
  const auto all = migrations_.list();
  std::map<const MigrationSummary*, Vantage> vantages;
  std::map<std::string, Time> next;  // by leg: when the migration behind this one began
  for (auto m = all.rbegin(); m != all.rend(); ++m) {
    const auto behind = next.try_emplace((*m)->leg, Time::max()).first;
    vantages[*m] = vantage(**m, behind->second);
    behind->second = begin_of(**m);
  }
  migrations_.for_each([&](MigrationSummary& m) { m.verdict = verdict(m.facts(), vantages[&m]); });
  std::vector<const MigrationSummary*> free;  // destination legs without a source leg
  for (const auto* m : all) {
    if (m->leg == "destination") free.push_back(m);
  }
  std::set<const MigrationSummary*> taken;
  for (const auto* m : all) {
    if (taken.contains(m)) continue;
    Reported one{m, nullptr, m->verdict, {}};
    const auto other =
        m->leg != "source" ? free.end() : std::find_if(free.begin(), free.end(), [&](const auto* n) {
          return begin_of(*n) >= begin_of(*m);
        });
    if (other != free.end()) {
      one.second = *other;
      taken.insert(*other);
      free.erase(other);
      auto v = vantages[m];
      v.viewpoint = Viewpoint::link;  // nothing is between what was seen of a side and the side
      v.request_open = vantages[one.second].request_open;
      v.all_pages_sent = vantages[one.second].all_pages_sent;
      one.verdict = verdict(m->facts(), one.second->facts(), v);
    }
    auto& timelines = analyses_.get<TimelineAnalysis>();
    if (!vantages[m].stream_file)
      one.away = guest_away(timelines.of(*m->migration),
                            timelines.of(*(one.second != nullptr ? one.second : m)->migration));
    reported_.push_back(std::move(one));
  }
}

}  // namespace mig::replay
