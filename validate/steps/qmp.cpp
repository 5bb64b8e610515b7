// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/steps/parts.hpp"

namespace mig::validate {
namespace {

struct Qmp final : Step {
  Side side = Side::source;
  std::string command;
  boost::json::object arguments;
  std::optional<Answer> expected;
  std::string error;  ///< a refusal has to contain this

  std::string describe() const override {
    auto text = command;
    if (!arguments.empty()) text += " " + boost::json::serialize(arguments);
    return text + " on the " + to_string(side);
  }
  StepResult take(StepContext& run) const override {
    return answered(run.driver.side(side).execute(command, arguments), expected, error);
  }
};

}  // namespace

std::unique_ptr<Step> read_qmp(TableReader& table) {
  auto step = std::make_unique<Qmp>();
  step->command = table.need_text("qmp");
  step->side = read_side(table);
  step->arguments = table.json("arguments");
  step->expected = read_expected(table);
  step->error = table.text("error").value_or("");
  return step;
}

}  // namespace mig::validate
