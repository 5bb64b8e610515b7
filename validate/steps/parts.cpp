// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/steps/parts.hpp"

#include <algorithm>
#include <cstdio>

namespace mig::validate {

Side read_side(TableReader& step, std::string_view key) {
  return step.choice(key, {"source", "destination"}).value_or(0) == 0 ? Side::source : Side::destination;
}

Seconds read_within(TableReader& step, Seconds otherwise) {
  return step.seconds("within").value_or(otherwise);
}

std::optional<Answer> read_expected(TableReader& step) {
  switch (step.choice("expect", {"accepted", "refused", "either"}).value_or(0)) {
    case 0: return Answer::accepted;
    case 1: return Answer::refused;
    default: return std::nullopt;
  }
}

StepResult answered(const QmpReply& reply, std::optional<Answer> expected, const std::string& error) {
  StepResult result{reply.ok ? Answer::accepted : Answer::refused, reply.error, true};
  const bool right_error = reply.ok || reply.error.find(error) != std::string::npos;
  result.met = right_error && (!expected || *expected == result.answer);
  return result;
}

StepResult without_proxy() { return {Answer::timed_out, "there is no migproxy in this run", false}; }

std::string of(Side side) { return std::string("the ") + to_string(side) + "'s "; }

std::string duration_text(Seconds value) {
  char text[32];
  std::snprintf(text, sizeof text, "%g s", value);
  return text;
}

std::string any_of(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : " or ") + word;
  return text;
}

bool is_one_of(const std::vector<std::string>& list, const std::string& word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

}  // namespace mig::validate
