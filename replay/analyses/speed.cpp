// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/analyses/speed.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <utility>

#include "mig/history/migration.hpp"
#include "mig/wire.hpp"
#include "replay/analyses/registry.hpp"
#include "replay/analyses/words.hpp"

namespace mig::replay {
namespace {

namespace json = boost::json;
using std::chrono::milliseconds;

constexpr Time pause = milliseconds(20);         // a shorter one is a scheduler's or the network's
constexpr Time least_active = milliseconds(50);  // a shorter stage says nothing of speed
constexpr Time shortest_window = milliseconds(90), longest_window = milliseconds(125);
constexpr std::size_t least_windows = 2;
constexpr double windows_per_second = 10;
// One writev() of up to 64 pieces holds 32 pages and their headers: QEMU counts when it has written.
constexpr std::uint64_t pages_per_write = 33;

constexpr std::array<const char*, 2> names = {"precopy", "postcopy"};
constexpr std::array<const char*, 2> parameters = {"max-bandwidth", "max-postcopy-bandwidth"};

SpeedAnalysis::Stage stage_of(Phase phase) {
  switch (phase) {
    case Phase::setup:
    case Phase::precopy: return SpeedAnalysis::precopy;
    case Phase::postcopy_device:
    case Phase::postcopy_active: return SpeedAnalysis::postcopy;
    default: return SpeedAnalysis::neither;
  }
}

/// By how much a burst may exceed what the limit allows.
std::uint64_t excess(const Migration& migration) {
  auto bytes = pages_per_write * migration.tables().page_size;
  std::uint64_t packets = 0;
  for (const auto& c : migration.connections()) packets += c.kind == ChannelKind::multifd;
  if (packets != 0)
    bytes += (packets + 1) * wire::multifd_packet_size;  // each channel's, and the one being filled
  return bytes;
}

std::string stage_text(const char* name, const char* parameter, const SpeedStage& s,
                       const std::optional<RateLimit>& limit) {
  if (s.bytes == 0) return {};
  auto out = printed("  %-9s %11s in %s", name, bytes_text(s.bytes).c_str(), duration_text(s.active).c_str());
  if (const auto rate = s.rate()) out += ", " + rate_text(*rate);
  if (s.idle != Time{})
    out += ", nothing sent in " +
           percent_text(static_cast<double>(s.idle.count()), static_cast<double>(s.active.count())) +
           " of it";
  out += "\n";
  if (limit) out += std::string("            ") + limit_text(*limit) + ": " + parameter + "\n";
  return out;
}

json::value stage_json(const char* parameter, const SpeedStage& s, const std::optional<RateLimit>& limit) {
  if (s.bytes == 0) return nullptr;
  json::object out{{"bytes", s.bytes},          {"active_s", seconds(s.active)}, {"idle_s", seconds(s.idle)},
                   {"bursts", s.bursts.size()}, {"bytes_per_s", nullptr},        {"rate_limit", nullptr}};
  if (const auto rate = s.rate()) out["bytes_per_s"] = *rate;
  if (limit)
    out["rate_limit"] = json::object{{"parameter", parameter},
                                     {"at_least_bytes_per_s", limit->at_least},
                                     {"at_most_bytes_per_s", limit->at_most},
                                     {"burst_bytes", limit->burst},
                                     {"bursts", limit->bursts}};
  return out;
}

}  // namespace

std::optional<double> SpeedStage::rate() const {
  if (active < least_active) return std::nullopt;
  return static_cast<double>(bytes) / seconds(active);
}

std::string limit_text(const RateLimit& limit) {
  return std::to_string(limit.bursts) + " bursts of " + bytes_text(limit.burst) +
         " each 100 ms after the one before, with nothing between: a rate limit, estimated as " +
         (limit.at_least > 0 ? rate_text(limit.at_least) + " to " : "at most ") + rate_text(limit.at_most);
}

void SpeedAnalysis::add(const EventContext& context, std::uint64_t size) {
  if (context.migration == nullptr || size == 0 || context.direction != Direction::forward ||
      context.channel == ChannelKind::preempt)
    return;
  auto& state = states_[*context.migration];
  const auto stage = stage_of(context.migration->phase());
  const bool entered = std::exchange(state.stage, stage) != stage;
  const auto since = context.time - std::exchange(state.newest, context.time);
  if (stage == neither) return;
  auto& into = state.stages[stage];
  into.bytes += size;
  if (!entered) into.active += since;
  if (!entered && since > pause) into.idle += since;
  if ((entered || since > pause) && into.bursts.size() < SpeedStage::max_bursts)
    into.bursts.push_back({context.time, context.time, 0, entered});
  into.bursts.back().end = context.time;
  into.bursts.back().bytes += size;
}

std::optional<RateLimit> SpeedAnalysis::limit(const Migration& migration, Stage stage) {
  const auto& bursts = of(migration, stage).bursts;
  std::vector<std::uint64_t> sizes;
  std::size_t periods = 0;
  for (std::size_t i = 1; i < bursts.size(); ++i) {
    if (bursts[i].first) continue;
    ++periods;
    const auto period = bursts[i].begin - bursts[i - 1].begin;
    if (period >= shortest_window && period <= longest_window) sizes.push_back(bursts[i - 1].bytes);
  }
  if (sizes.size() < least_windows || sizes.size() * 5 < periods * 4) return std::nullopt;
  const auto middle = sizes.begin() + static_cast<std::ptrdiff_t>(sizes.size() / 2);
  std::nth_element(sizes.begin(), middle, sizes.end());
  const auto burst = static_cast<double>(*middle), more = static_cast<double>(excess(migration));
  return RateLimit{std::max(0.0, burst - more) * windows_per_second, burst * windows_per_second, *middle,
                   sizes.size()};
}

std::string SpeedAnalysis::text(const Migration& migration, Time) {
  auto out = printed("migration %u  speed\n", static_cast<unsigned>(migration.id()) + 1);
  for (const auto stage : {precopy, postcopy})
    out += stage_text(names[stage], parameters[stage], of(migration, stage), limit(migration, stage));
  return out;
}

json::object SpeedAnalysis::json(const Migration& migration, Time) {
  json::object out;
  for (const auto stage : {precopy, postcopy})
    out[names[stage]] = stage_json(parameters[stage], of(migration, stage), limit(migration, stage));
  return out;
}

extern const AnalysisKind speed_analysis = {
    "speed", make_analysis<SpeedAnalysis>, true, "how fast each stage sent, and what limited it",
    "  migreplay speed migration.pcap\n"
    "  migreplay speed --json migration.pcap | jq '.migrations[0].speed.precopy.rate_limit'\n"};

}  // namespace mig::replay
