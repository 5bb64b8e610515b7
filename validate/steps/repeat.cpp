// SPDX-License-Identifier: GPL-2.0-or-later
#include <variant>

#include "validate/steps/parts.hpp"
#include "validate/steps/registry.hpp"

namespace mig::validate {
namespace {

struct Repeat final : Step {
  std::int64_t times = 1;
  Steps steps;

  std::string describe() const override {
    std::string text = std::to_string(times) + " times:";
    for (const auto& step : steps) text.append(step == steps.front() ? " " : "; ").append(step->describe());
    return text;
  }
  StepResult take(StepContext& run) const override {
    for (std::int64_t time = 0; time < times; ++time)
      for (const auto& step : steps) take_step(*step, run);
    return {};
  }
  bool silent_when_met() const override { return true; }  // each of its steps reports itself
  std::string rule() const override {
    std::string rule;
    for (const auto& step : steps)
      if (rule.empty()) rule = step->rule();
    return rule;
  }
};

}  // namespace

std::unique_ptr<Step> read_repeat(TableReader& table) {
  constexpr std::int64_t most = 1000;
  auto step = std::make_unique<Repeat>();
  step->times = table.number("repeat").value_or(0);
  if (step->times < 1 || step->times > most)
    table.refuse("repeat is a number from 1 to " + std::to_string(most));
  const auto* steps = table.find("steps");
  const auto* list = steps != nullptr ? std::get_if<NodeList>(&steps->value) : nullptr;
  if (list == nullptr || list->empty()) table.refuse("repeat needs what to repeat: steps = [{ ... }]");
  for (const auto& one : *list) step->steps.push_back(read_step(one, table.file()));
  return step;
}

}  // namespace mig::validate
