// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/steps/parts.hpp"
#include "validate/verdict/invariants.hpp"

namespace mig::validate {
namespace {

struct WaitState final : Step {
  Side side = Side::source;
  std::vector<std::string> wanted;
  Seconds within = wait_limit;

  std::string describe() const override {
    return "wait until " + of(side) + "run state is " + any_of(wanted);
  }
  StepResult take(StepContext& run) const override {
    return run.wait_for(within, side, [&] { return is_one_of(wanted, run.watcher.seen(side).run_state); });
  }
  bool silent_when_met() const override { return true; }
};

}  // namespace

std::unique_ptr<Step> read_wait_state(TableReader& table) {
  auto step = std::make_unique<WaitState>();
  step->side = read_side(table);
  step->wanted = table.known_texts("wait-run-state", run_states());
  step->within = read_within(table);
  return step;
}

}  // namespace mig::validate
