// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/run/step_context.hpp"

namespace mig::validate {
namespace {

constexpr Seconds after_the_end = 1;  // a wait for a side that is gone: nothing new will come

std::string sentence_of(const StepFact& fact) {
  return fact.text + (fact.answer == Answer::done ? "" : ": " + std::string(to_string(fact.answer))) +
         (fact.detail.empty() ? "" : ", " + fact.detail);
}

}  // namespace

// Given up early where the side waited for has ended.
StepResult StepContext::wait_for(Seconds limit, Side side, const std::function<bool()>& met) {
  const auto gone = [&] { return !watcher.seen(side).process_end.empty(); };
  bool good = false;
  const auto check = [&] { return good = met(); };
  (void)watcher.pump(limit, [&] { return check() || gone(); });
  if (!good && gone()) (void)watcher.pump(after_the_end, check);
  acted_at = watcher.now();
  return {good ? Answer::done : Answer::timed_out, {}, good};
}

void take_step(const Step& step, StepContext& run) {
  const auto text = step.describe();
  run.acted_at = run.watcher.now();
  const auto result = step.take(run);
  const bool met = result.met || (step.optional && result.answer == Answer::timed_out);
  const StepFact fact{run.acted_at, step.name, text, result.answer, result.detail, met};
  run.watcher.add_step(fact);
  if (!met || !step.silent_when_met()) run.watcher.act(fact.at, sentence_of(fact));
  for (const auto side : both_sides)
    run.events_before.at(static_cast<std::size_t>(side)) = run.driver.side(side).events().size();
}

}  // namespace mig::validate
