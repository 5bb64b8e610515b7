// SPDX-License-Identifier: GPL-2.0-or-later
#include <sstream>

#include "validate/steps/parts.hpp"

namespace mig::validate {
namespace {

struct Virsh final : Step {
  Side side = Side::source;  ///< to the daemon of that side
  std::vector<std::string> words;
  std::optional<Answer> expected;
  std::string error;  ///< a refusal has to contain this

  std::string describe() const override {
    std::string text = "virsh";
    for (const auto& word : words) text += " " + word;
    return text + " on the " + to_string(side);
  }
  StepResult take(StepContext& run) const override {
    run.watcher.poll();
    return answered(run.driver.virsh(side, words), expected, error);
  }
};

}  // namespace

std::unique_ptr<Step> read_virsh(TableReader& table) {
  auto step = std::make_unique<Virsh>();
  std::istringstream words(table.need_text("virsh"));
  for (std::string word; words >> word;) step->words.push_back(word);
  step->side = read_side(table);
  step->expected = read_expected(table);
  step->error = table.text("error").value_or("");
  return step;
}

}  // namespace mig::validate
