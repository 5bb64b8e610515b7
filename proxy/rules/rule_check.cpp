// SPDX-License-Identifier: GPL-2.0-or-later
// Which combinations of keys can work: what is so for all actions. The rest is checked by the actions.
#include <algorithm>

#include "proxy/rules/rule_parser.hpp"
#include "proxy/rules/unit_kind.hpp"

namespace mig::proxy {
namespace {

/// The units that are one command: what name= of the unit command may be.
std::vector<std::string_view> command_names() {
  std::vector<std::string_view> names;
  for (const auto& unit : unit_rows())
    if (unit.sample && (units_of(*unit.sample) & bit(Unit::command)) != 0) names.push_back(unit.word);
  return names;
}

}  // namespace

bool RuleParser::check() {
  if (rule_.unit == Unit::pong && !has(Key::value)) rule_.value = 0x42;
  if (!check_waits()) return false;
  if (rule_.action->check != nullptr && !rule_.action->check(*this)) return false;
  return rule_.unit != Unit::command || !has(Key::name) || check_command_name();
}

bool RuleParser::check_waits() {
  const auto& action = *rule_.action;
  if (action.needs_wait && !has(Key::duration) && !has(Key::until))
    return reject(head() + " needs for= or until=", "how long, such as for=5s or until=SIGUSR1");
  const bool for_unit = rule_.until && rule_.until->kind == Trigger::Kind::unit;
  if (for_unit && action.halts && rule_.unit != Unit::connection && !has(Key::duration) &&
      row(rule_.until->unit).direction == row(rule_.unit).direction)
    return reject(Key::until, head() + " would wait forever: " + std::string(row(rule_.until->unit).word) +
                                  " comes behind it in the same direction");
  if (has(Key::jitter) && !has(Key::duration)) return reject(Key::jitter, "jitter= needs for=");
  if (has(Key::after) && rule_.unit == Unit::connection && (has(Key::on) || has(Key::phase)))
    return reject(Key::after,
                  "after= counts from the connection's first byte and goes with neither on= nor phase=");
  return true;
}

bool RuleParser::check_command_name() {
  const auto names = command_names();
  if (std::find(names.begin(), names.end(), rule_.unit_name) != names.end()) return true;
  if (rule_.unit_name == "package" || rule_.unit_name == "packaged")
    return reject(Key::name, "the command PACKAGED is the unit package",
                  "use " + std::string(rule_.action->word) + "-package");
  return reject_word(Key::name, "command", names);
}

}  // namespace mig::proxy
