// SPDX-License-Identifier: GPL-2.0-or-later
#include <csignal>

#include "validate/steps/parts.hpp"

namespace mig::validate {
namespace {

struct Signal final : Step {
  int number = SIGUSR1;

  std::string describe() const override {
    return std::string("send ") + (number == SIGUSR1 ? "SIGUSR1" : "SIGUSR2") + " to migproxy";
  }
  StepResult take(StepContext& run) const override {
    if (run.proxy == nullptr) return without_proxy();
    run.proxy->process().signal(number);
    return {};
  }
};

}  // namespace

std::unique_ptr<Step> read_signal(TableReader& table) {
  auto step = std::make_unique<Signal>();
  step->number = table.choice("signal", {"SIGUSR1", "SIGUSR2"}).value_or(0) == 0 ? SIGUSR1 : SIGUSR2;
  return step;
}

}  // namespace mig::validate
