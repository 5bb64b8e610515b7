// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/steps/parts.hpp"

namespace mig::validate {
namespace {

struct Kill final : Step {
  Side side = Side::destination;

  std::string describe() const override { return "kill " + of(side) + "QEMU"; }
  StepResult take(StepContext& run) const override {
    run.watcher.poll();
    run.driver.side(side).kill();
    return {};
  }
};

}  // namespace

std::unique_ptr<Step> read_kill(TableReader& table) {
  auto step = std::make_unique<Kill>();
  step->side = read_side(table, "kill");
  return step;
}

}  // namespace mig::validate
