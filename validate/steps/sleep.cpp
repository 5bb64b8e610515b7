// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/steps/parts.hpp"

namespace mig::validate {
namespace {

struct Sleep final : Step {
  Seconds duration = 1;

  std::string describe() const override { return "let " + duration_text(duration) + " pass"; }
  StepResult take(StepContext& run) const override {
    (void)run.watcher.pump(duration);
    run.acted_at = run.watcher.now();
    return {};
  }
  bool silent_when_met() const override { return true; }
};

}  // namespace

std::unique_ptr<Step> read_sleep(TableReader& table) {
  auto step = std::make_unique<Sleep>();
  step->duration = table.seconds("sleep").value_or(0);
  return step;
}

}  // namespace mig::validate
