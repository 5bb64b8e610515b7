// SPDX-License-Identifier: GPL-2.0-or-later
// SIGSTOP and SIGCONT: a host that hangs for a while.
#include "validate/steps/parts.hpp"

namespace mig::validate {
namespace {

struct Freeze final : Step {
  Side side = Side::source;
  bool thaw = false;

  std::string describe() const override {
    return (thaw ? "let " : "stop ") + of(side) + (thaw ? "QEMU go on (SIGCONT)" : "QEMU (SIGSTOP)");
  }
  StepResult take(StepContext& run) const override {
    run.watcher.poll();
    run.driver.side(side).freeze(!thaw);
    return {};
  }
};

}  // namespace

std::unique_ptr<Step> read_freeze(TableReader& table) {
  auto step = std::make_unique<Freeze>();
  step->thaw = table.first_key() == "thaw";
  step->side = read_side(table, step->thaw ? "thaw" : "freeze");
  return step;
}

}  // namespace mig::validate
