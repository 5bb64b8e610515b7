// SPDX-License-Identifier: GPL-2.0-or-later
// qapi/migration.json, MigrationStatus, and docs/devel/migration/postcopy.rst.
#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <string_view>

#include "validate/verdict/invariants.hpp"

namespace mig::validate {
namespace {

struct Edge {
  std::string_view before, after;
};

constexpr std::array<Edge, 44> source_edges{{
    {"none", "setup"},
    {"setup", "active"},
    {"setup", "failing"},
    {"setup", "failed"},
    {"setup", "cancelling"},
    {"setup", "wait-unplug"},
    {"wait-unplug", "active"},
    {"wait-unplug", "cancelling"},
    {"active", "pre-switchover"},
    {"active", "device"},
    {"active", "completed"},
    {"active", "postcopy-device"},
    {"active", "postcopy-active"},
    {"active", "cancelling"},
    {"active", "failing"},
    {"active", "failed"},
    {"pre-switchover", "device"},
    {"pre-switchover", "postcopy-device"},
    {"pre-switchover", "postcopy-active"},  // 7.2
    {"pre-switchover", "cancelling"},
    {"pre-switchover", "failing"},
    {"device", "completed"},
    {"device", "cancelling"},
    {"device", "failing"},
    {"device", "failed"},
    {"device", "postcopy-device"},
    {"device", "postcopy-active"},
    {"postcopy-device", "postcopy-active"},
    {"postcopy-device", "failing"},
    {"postcopy-device", "failed"},
    {"postcopy-active", "postcopy-paused"},
    {"postcopy-active", "completed"},
    {"postcopy-active", "failing"},
    {"postcopy-active", "failed"},
    {"postcopy-paused", "postcopy-recover-setup"},
    {"postcopy-paused", "postcopy-recover"},
    {"postcopy-recover-setup", "postcopy-recover"},
    {"postcopy-recover-setup", "postcopy-paused"},
    {"postcopy-recover", "postcopy-active"},
    {"postcopy-recover", "postcopy-paused"},
    {"failing", "failed"},
    {"failed", "setup"},
    {"cancelling", "cancelled"},
    {"cancelled", "setup"},
}};

constexpr std::array<Edge, 22> destination_edges{{
    {"none", "setup"},
    {"setup", "active"},
    {"setup", "failing"},
    {"setup", "failed"},
    {"setup", "postcopy-recover"},
    {"active", "completed"},
    {"active", "postcopy-device"},
    {"active", "postcopy-active"},
    {"active", "failing"},
    {"active", "failed"},
    {"postcopy-device", "postcopy-active"},
    {"postcopy-device", "failing"},
    {"postcopy-device", "failed"},
    {"postcopy-active", "completed"},
    {"postcopy-active", "postcopy-paused"},
    {"postcopy-active", "failing"},
    {"postcopy-active", "failed"},
    {"postcopy-paused", "setup"},  // 7.2: migrate-recover listens again
    {"postcopy-paused", "postcopy-recover"},
    {"postcopy-recover", "postcopy-active"},
    {"postcopy-recover", "postcopy-paused"},
    {"failing", "failed"},
}};

template <std::size_t N>
bool has(const std::array<Edge, N>& edges, const std::string& before, const std::string& after) {
  const auto same = [&](const Edge& edge) { return edge.before == before && edge.after == after; };
  return std::any_of(edges.begin(), edges.end(), same);
}

}  // namespace

const std::vector<std::string>& migration_statuses() {
  static const auto names = [] {
    std::set<std::string> all{"colo"};
    for (const auto& edge : source_edges) all.insert({std::string(edge.before), std::string(edge.after)});
    for (const auto& edge : destination_edges)
      all.insert({std::string(edge.before), std::string(edge.after)});
    return std::vector(all.begin(), all.end());
  }();
  return names;
}

// qapi/run-state.json, RunState.
const std::vector<std::string>& run_states() {
  static const std::vector<std::string> names{
      "colo",     "debug",    "finish-migrate", "guest-panicked", "inmigrate",  "internal-error",
      "io-error", "paused",   "postmigrate",    "prelaunch",      "restore-vm", "running",
      "save-vm",  "shutdown", "suspended",      "watchdog"};
  return names;
}

bool may_follow(Side side, const std::string& before, const std::string& after) {
  return side == Side::source ? has(source_edges, before, after) : has(destination_edges, before, after);
}

}  // namespace mig::validate
