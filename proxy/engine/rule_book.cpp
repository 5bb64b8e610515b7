// SPDX-License-Identifier: GPL-2.0-or-later
#include "proxy/engine/rule_book.hpp"

#include <algorithm>

#include "proxy/rules/action.hpp"

namespace mig::proxy {
namespace {

/// `rule` needs the bytes of `direction` before they are sent.
bool touches(const FaultRule& rule, Direction direction) {
  const auto& unit = row(rule.unit);
  if (rule.unit != Unit::connection) return unit.direction == direction;
  if (!rule.action->ends) return false;
  // Ended by a unit: the bytes behind that unit must not be sent.
  if (rule.on && rule.on->kind == Trigger::Kind::unit) return row(rule.on->unit).direction == direction;
  return !rule.on && !rule.phase && direction == Direction::forward;
}

}  // namespace

RuleBook::RuleBook(std::vector<FaultRule> rules, std::uint64_t seed)
    : rules_(std::move(rules)),
      total_(rules_.size()),
      ineffective_(rules_.size()),
      missed_(rules_.size()),
      off_(rules_.size()),
      dice_(seed) {
  for (const auto& rule : rules_) {
    if (!rule.action->injects) acted_[static_cast<int>(row(rule.unit).direction)] |= bit(rule.unit);
    for (const auto& trigger : {rule.on, rule.until})
      if (trigger && trigger->kind == Trigger::Kind::unit) waited_ |= bit(trigger->unit);
    uses_phase_ = uses_phase_ || rule.phase.has_value();
  }
}

bool RuleBook::leaves_alone(Direction direction) const noexcept {
  return std::none_of(rules_.begin(), rules_.end(),
                      [&](const FaultRule& r) { return touches(r, direction); });
}

RuleBook::State& RuleBook::state(const Migration* migration, RuleIndex index) {
  auto& states = states_[migration];
  if (states.empty()) states.resize(rules_.size());
  return states[static_cast<std::size_t>(index)];
}

bool RuleBook::armed(const Migration* migration, RuleIndex index) {
  return !rule(index).on || state(migration, index).armed;
}

bool RuleBook::exhausted(const Migration* migration, RuleIndex index) {
  const auto& r = rule(index);
  return r.times != 0 && state(migration, index).fired >= r.times;
}

bool RuleBook::fire(const Migration* migration, RuleIndex index) {
  const auto& r = rule(index);
  auto& s = state(migration, index);
  if (exhausted(migration, index)) return false;
  if (s.passed < r.skip) {
    ++s.passed;
    missed(index, Miss::skipped);
    return false;
  }
  // Not std::uniform_real_distribution: its results differ between libraries, and a seed must repeat a run.
  if (r.chance && static_cast<double>(dice_() >> 11) * 0x1p-53 >= *r.chance) {
    missed(index, Miss::chance);
    return false;
  }
  ++s.fired;
  ++total_[static_cast<std::size_t>(index)];
  return true;
}

bool RuleBook::retract_fire(const Migration* migration, RuleIndex index) {
  --state(migration, index).fired;
  --total_[static_cast<std::size_t>(index)];
  return ineffective_[static_cast<std::size_t>(index)]++ == 0;
}

Duration RuleBook::wait_of(RuleIndex index) {
  const auto& r = rule(index);
  if (r.jitter == Duration{}) return r.duration;
  const auto share = static_cast<double>(dice_() >> 11) * 0x1p-53;
  return r.duration + Duration(static_cast<Duration::rep>(share * static_cast<double>(r.jitter.count())));
}

void RuleBook::switch_off(RuleIndex index, std::string why) {
  auto& off = off_[static_cast<std::size_t>(index)];
  if (!off) off = std::move(why);
}

}  // namespace mig::proxy
