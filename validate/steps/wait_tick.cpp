// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/steps/parts.hpp"

namespace mig::validate {
namespace {

struct WaitTick final : Step {
  Side side = Side::destination;
  Seconds within = wait_limit;

  std::string describe() const override { return "wait for a tick of " + of(side) + "guest"; }
  StepResult take(StepContext& run) const override {
    const auto before = run.watcher.seen(side).ticks.size();
    return run.wait_for(within, side, [&] { return run.watcher.seen(side).ticks.size() > before; });
  }
  bool silent_when_met() const override { return true; }
};

}  // namespace

std::unique_ptr<Step> read_wait_tick(TableReader& table) {
  auto step = std::make_unique<WaitTick>();
  step->side = read_side(table, "wait-tick");
  step->within = read_within(table);
  return step;
}

}  // namespace mig::validate
