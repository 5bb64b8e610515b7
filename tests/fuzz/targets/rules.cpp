// SPDX-License-Identifier: GPL-2.0-or-later
// The rule grammar: a file of rules from anywhere.
#include <algorithm>

#include "fuzz/target.hpp"
#include "proxy/rules/rule_conflict.hpp"

namespace mig::test {
namespace {

using namespace proxy;

bool is_clean(std::string_view text) {
  return std::ranges::none_of(text, [](unsigned char c) { return (c < 0x20 && c != '\n') || c == 0x7f; });
}

void check_error(const RuleError& error) {
  require(!error.message.empty(), "an error has a message");
  require(error.column <= error.rule.size(), "the caret is at the rule");
  require(is_clean(to_string(error)), "an error has no control characters");
}

void check_rule(const FaultRule& rule) {
  const auto text = print_rule(rule);
  require(is_clean(text), "a rule prints without control characters");
  auto again = parse_rule(text);
  require(std::holds_alternative<FaultRule>(again), "a printed rule is read again");
  auto& same = std::get<FaultRule>(again);
  require(print_rule(same) == text, "and prints the same");
  same.name = rule.name;
  require(same == rule, "and is the same rule");
}

}  // namespace

void fuzz_rules(Bytes input) {
  const auto result = parse_rules_file(as_text(input));
  if (const auto* error = std::get_if<RuleError>(&result)) return check_error(*error);
  const auto& rules = std::get<std::vector<FaultRule>>(result);
  std::ranges::for_each(rules, check_rule);
  if (rules.size() > 20) return;  // each pair is looked at
  for (const auto& sentence : conflicts(rules)) require(is_clean(sentence), "warnings are clean");
}

}  // namespace mig::test
