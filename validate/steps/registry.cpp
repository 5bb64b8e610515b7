// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/steps/registry.hpp"

#include <vector>

namespace mig::validate {

// A step: its key, and the function in its own file that reads it.
#define MIG_STEPS(STEP)                   \
  STEP("start", read_start)               \
  STEP("wait-status", read_wait_status)   \
  STEP("wait-run-state", read_wait_state) \
  STEP("wait-event", read_wait_event)     \
  STEP("wait-tick", read_wait_tick)       \
  STEP("wait-ram", read_wait_ram)         \
  STEP("wait-bytes", read_wait_bytes)     \
  STEP("wait-proxy", read_wait_proxy)     \
  STEP("wait-phase", read_wait_phase)     \
  STEP("qmp", read_qmp)                   \
  STEP("set", read_set)                   \
  STEP("virsh", read_virsh)               \
  STEP("daemon", read_daemon)             \
  STEP("kill", read_kill)                 \
  STEP("freeze", read_freeze)             \
  STEP("thaw", read_freeze)               \
  STEP("signal", read_signal)             \
  STEP("cut", read_cut)                   \
  STEP("lock", read_lock)                 \
  STEP("run", read_run)                   \
  STEP("repeat", read_repeat)             \
  STEP("sleep", read_sleep)               \
  STEP("check", read_check)

#define MIG_DECLARE(key, function) std::unique_ptr<Step> function(TableReader& table);
MIG_STEPS(MIG_DECLARE)
#undef MIG_DECLARE

namespace {

struct Row {
  const char* key;
  std::unique_ptr<Step> (*read)(TableReader& table);
};

constexpr Row rows[] = {
#define MIG_ROW(key, function) {key, function},
    MIG_STEPS(MIG_ROW)
#undef MIG_ROW
};

std::unique_ptr<Step> read_kind(TableReader& table) {
  const auto& first = table.first_key();
  std::vector<std::string> known;
  for (const auto& row : rows) {
    if (row.key == first) return row.read(table);
    known.emplace_back(row.key);
  }
  table.refuse("\"" + first + "\" is not a step" + suggestion(first, known));
}

}  // namespace

std::shared_ptr<const Step> read_step(const Node& node, const std::string& file) {
  TableReader table(node, file, "a step");
  auto step = read_kind(table);
  step->name = table.text("name").value_or("");
  step->optional = table.truth("optional").value_or(false);
  table.done();
  return step;
}

Steps steps_of(const std::string& text) {
  Steps steps;
  const auto root = parse_toml("steps = [" + text + "]", "steps");
  for (const auto& node : std::get<NodeList>(std::get<NodeTable>(root.value).front().node.value))
    steps.push_back(read_step(node, "steps"));
  return steps;
}

}  // namespace mig::validate
