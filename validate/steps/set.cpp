// SPDX-License-Identifier: GPL-2.0-or-later
// Migration parameters, before the migration or while it lasts.
#include "validate/steps/parts.hpp"

namespace mig::validate {
namespace {

struct Set final : Step {
  Side side = Side::source;
  boost::json::object parameters;

  std::string describe() const override {
    std::string text = "set";
    for (const auto& [key, value] : parameters)
      text.append(" ").append(key).append("=").append(boost::json::serialize(value));
    return text + " on the " + to_string(side);
  }
  StepResult take(StepContext& run) const override {
    return answered(run.driver.side(side).execute("migrate-set-parameters", parameters), Answer::accepted);
  }
};

}  // namespace

std::unique_ptr<Step> read_set(TableReader& table) {
  auto step = std::make_unique<Set>();
  step->parameters = table.json("set");
  step->side = read_side(table);
  if (step->parameters.empty()) table.refuse("set needs parameters, such as { max-bandwidth = 1048576 }");
  return step;
}

}  // namespace mig::validate
