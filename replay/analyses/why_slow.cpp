// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/analyses/why_slow.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "mig/history/migration.hpp"
#include "replay/analyses/faults.hpp"
#include "replay/analyses/ram.hpp"
#include "replay/analyses/speed.hpp"
#include "replay/analyses/words.hpp"

namespace mig::replay {
namespace {

constexpr Time long_wait = std::chrono::milliseconds(25);  // a page that need not wait comes sooner
constexpr double much_faster = 2;         // than the limit: the switchover, which no limit binds
constexpr double hardly_smaller = 0.9;    // a pass, than the one before
constexpr double one_thread = 500e6;      // bytes a second that one connection of QEMU hardly exceeds
constexpr double without_a_pause = 0.05;  // idle share

/// Looks at one migration; each function adds what it finds.
struct Adviser {
  const MigrationSummary& m;
  SpeedAnalysis& speed;
  RamAnalysis& ram;
  FaultAnalysis& faults;
  std::vector<Advice> out{};

  [[nodiscard]] std::optional<RateLimit> limit(SpeedAnalysis::Stage stage) const {
    return speed.limit(*m.migration, stage);
  }

  void rate_limits() {
    if (const auto l = limit(SpeedAnalysis::precopy))
      out.push_back({"rate-limit", "precopy in " + limit_text(*l), {"max-bandwidth"}, true});
    if (const auto l = limit(SpeedAnalysis::postcopy))
      out.push_back({"rate-limit", "postcopy in " + limit_text(*l), {"max-postcopy-bandwidth"}, true});
  }
  void waiting_requests() {
    const auto& all = faults.of(*m.migration).all;
    if (!limit(SpeedAnalysis::postcopy) || all.answered == 0) return;
    const auto median = all.last_byte.percentile(0.5);
    if (median < long_wait || m.migration->has(ChannelKind::preempt)) return;
    out.push_back({"requests-wait-for-bursts",
                   "page requests waited " + duration_text(median) + " (median) for the next burst",
                   {"postcopy-preempt", "max-postcopy-bandwidth"},
                   true});
  }
  /// Of the pass that the newest measured one is compared with.
  void convergence() {
    const auto rates = ram.newest_rates(*m.migration);
    if (!rates) return;
    const auto share = rates->dirtied / rates->sent;
    auto text = "pass " + std::to_string(rates->pass) + ": the guest rewrote " + rate_text(rates->dirtied) +
                " while " + rate_text(rates->sent) + " were sent (" + percent_text(share, 1) + "): ";
    if (share < hardly_smaller) {
      out.push_back({"converges", text + "precopy converges", {}});
    } else {
      out.push_back(
          {"does-not-converge",
           text + "so precopy would not converge",
           {"max-bandwidth", "multifd-channels", "auto-converge", "postcopy-ram", "downtime-limit"}});
    }
  }
  void limited_until_the_switchover() {
    const auto l = limit(SpeedAnalysis::precopy);
    const auto carried = ram.switchover_rate(*m.migration);
    if (!l || !carried || *carried < much_faster * l->at_most) return;
    out.push_back({"faster-in-the-switchover",
                   "with the guest stopped " + rate_text(*carried) +
                       " were sent, more than the limit: a source that knew of it would have stopped sooner",
                   {"avail-switchover-bandwidth", "downtime-limit"},
                   true});
  }
  void receiver() {
    Time shut{}, waited{};
    for (const auto& [channel, direction, stall] : m.stalls) {
      if (direction != Direction::forward) continue;
      (stall.zero_window ? shut : waited) += stall.end.time - stall.begin.time;
    }
    if (shut != Time{})
      out.push_back({"receiver-limited",
                     "the destination had no room (window 0) for " + duration_text(shut) +
                         " in all: it could not load as fast as it was sent",
                     {"multifd-channels"}});
    if (waited != Time{})
      out.push_back({"network-limited",
                     "nothing that was sent was acknowledged for " + duration_text(waited) + " in all",
                     {}});
  }
  void one_connection() {
    const auto& stage = speed.of(*m.migration, SpeedAnalysis::precopy);
    const auto rate = stage.rate();
    if (!rate || *rate < one_thread || m.migration->has(ChannelKind::multifd)) return;
    if (seconds(stage.idle) > without_a_pause * seconds(stage.active)) return;
    out.push_back(
        {"one-connection",
         "one connection sent " + rate_text(*rate) + " without a pause: one thread may be the limit",
         {"multifd", "multifd-channels"},
         true});
  }
};

std::string names(const std::vector<const char*>& parameters) {
  std::string out;
  for (const auto* name : parameters) out += (out.empty() ? "; see " : ", ") + std::string(name);
  return out;
}

}  // namespace

std::vector<Advice> why_slow(const MigrationSummary& m, const Analyses& analyses) {
  Adviser adviser{m, analyses.get<SpeedAnalysis>(), analyses.get<RamAnalysis>(),
                  analyses.get<FaultAnalysis>()};
  adviser.rate_limits();
  adviser.waiting_requests();
  adviser.convergence();
  adviser.limited_until_the_switchover();
  adviser.receiver();
  adviser.one_connection();
  return std::move(adviser.out);
}

std::string why_slow_rows(const MigrationSummary& m, const Analyses& analyses) {
  std::string out;
  for (const auto& a : why_slow(m, analyses))
    out += summary_row(out.empty() ? "speed" : "", a.text + names(a.look_at));
  return out;
}

boost::json::array why_slow_json(const MigrationSummary& m, const Analyses& analyses) {
  boost::json::array out;
  for (const auto& a : why_slow(m, analyses)) {
    boost::json::array look_at(a.look_at.begin(), a.look_at.end());
    out.push_back(boost::json::object{
        {"kind", a.kind}, {"text", a.text}, {"look_at", std::move(look_at)}, {"estimate", a.estimate}});
  }
  return out;
}

}  // namespace mig::replay
