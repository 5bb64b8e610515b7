// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/steps/parts.hpp"
#include "validate/verdict/invariants.hpp"

namespace mig::validate {
namespace {

struct WaitStatus final : Step {
  Side side = Side::source;
  std::vector<std::string> wanted;
  Seconds within = wait_limit;

  std::string describe() const override {
    return "wait until " + of(side) + "migration status is " + any_of(wanted);
  }
  StepResult take(StepContext& run) const override {
    return run.wait_for(within, side, [&] { return is_one_of(wanted, run.watcher.seen(side).status); });
  }
  bool silent_when_met() const override { return true; }
};

}  // namespace

std::unique_ptr<Step> read_wait_status(TableReader& table) {
  auto step = std::make_unique<WaitStatus>();
  step->side = read_side(table);
  step->wanted = table.known_texts("wait-status", migration_statuses());
  step->within = read_within(table);
  return step;
}

}  // namespace mig::validate
