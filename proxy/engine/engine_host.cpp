// SPDX-License-Identifier: GPL-2.0-or-later
// What the actions ask of the direction that they act in.
#include <utility>

#include "proxy/engine/fault_engine.hpp"
#include "proxy/engine/rule_match.hpp"
#include "proxy/rules/action.hpp"

namespace mig::proxy {

bool FaultEngine::in_scope(RuleIndex index) const {
  const auto& rule = session_.book().rule(index);
  const auto* m = parser_.migration();
  std::optional<Phase> phase;
  if (m != nullptr) phase = phase_after_plan_ ? phase_after_plan_->phase() : m->phase();
  return scope_fits(rule, {parser_.id(), m, phase}) && (rule.action->ends || on_its_channel(index));
}

bool FaultEngine::on_its_channel(RuleIndex index) const {
  return channel_fits(session_.book().rule(index).channel, parser_.kind());
}

bool FaultEngine::armed(RuleIndex index) { return session_.book().armed(migration(), index); }
bool FaultEngine::is_exhausted(RuleIndex index) { return session_.book().exhausted(migration(), index); }
bool FaultEngine::fire(RuleIndex index) { return session_.book().fire(migration(), index); }
bool FaultEngine::released(HoldId hold) const { return session_.released(hold); }

std::vector<Step> FaultEngine::wait_steps(RuleIndex index) {
  return session_.wait_steps(index, migration(), parser_.id());
}

HoldId FaultEngine::new_hold(RuleIndex index) {
  return session_.new_hold(index, migration(), parser_.id(), nullptr);
}

bool FaultEngine::may_act(RuleIndex index) {
  if (!fire(index)) return false;
  session_.warn(session_.book().rule(index).name + " acts on " + numbered(parser_.id()) + " after " +
                std::to_string(sent()) + " bytes");
  return true;
}

void FaultEngine::ineffective(RuleIndex index, const std::string& why) {
  if (session_.book().retract_fire(migration(), index))
    session_.warn(session_.book().rule(index).name + " changed nothing: " + why);
}

void FaultEngine::too_long(RuleIndex index) {
  const std::string why = "the unit is longer than " + std::to_string(limit_) + " bytes";
  session_.warn(session_.book().rule(index).name + " is off: " + why);
  session_.book().switch_off(index, why);
}

std::optional<Step> FaultEngine::hold_unit(RuleIndex index, std::vector<std::byte> bytes) {
  const auto hold = session_.new_hold(index, migration(), parser_.id(), this);
  auto unit = *held_unit_;
  unit.bytes = std::move(bytes);
  unit.rule = index;
  held_.push_back({hold, std::move(unit)});
  const auto wait = session_.book().wait_of(index);
  return wait == Duration{} ? std::nullopt : std::optional<Step>(StartTimer{hold, wait});
}

std::uint32_t FaultEngine::end_others_later(RuleIndex index) {
  return session_.defer(parser_.id(), {{index, Reaction::Kind::close_others}});
}

}  // namespace mig::proxy
