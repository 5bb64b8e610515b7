// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/steps/parts.hpp"

namespace mig::validate {
namespace {

struct Check final : Step {
  std::string title;
  Verdict verdict = Verdict::hung;  ///< that has to come out
  Seconds window = 2;

  std::string describe() const override {
    return "by now it has to be " + std::string(to_string(verdict)) + (title.empty() ? "" : ": " + title);
  }
  StepResult take(StepContext& run) const override {
    (void)run.watcher.pump(window);
    const auto seen = run.watcher.snapshot(window);
    const auto judgement = judge(seen);
    run.acted_at = seen.watched_to;
    run.watcher.catch_up();
    run.watcher.listener().on_check(seen.watched_to, title, judgement);
    return {Answer::done, std::string(to_string(judgement.verdict)), judgement.verdict == verdict};
  }
  bool silent_when_met() const override { return true; }
};

}  // namespace

std::unique_ptr<Step> read_check(TableReader& table) {
  auto step = std::make_unique<Check>();
  const auto word = table.need_text("check");
  const auto verdict = parse_verdict(word);
  if (!verdict) table.refuse("\"" + word + "\" is not a verdict" + suggestion(word, verdict_words()));
  step->verdict = *verdict;
  step->title = table.text("title").value_or("");
  step->window = table.seconds("window").value_or(step->window);
  return step;
}

}  // namespace mig::validate
