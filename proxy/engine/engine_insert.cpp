// SPDX-License-Identifier: GPL-2.0-or-later
// Units that enter the stream at a boundary, what a unit sets off when it was sent, and the end of the
// stream.
#include <algorithm>
#include <iterator>
#include <utility>

#include "mig/encode.hpp"
#include "proxy/engine/fault_engine.hpp"
#include "proxy/engine/rule_match.hpp"
#include "proxy/rules/action.hpp"

namespace mig::proxy {

void FaultEngine::flush_insertions() {
  while (!waiting_.empty() && at_boundary()) {
    auto insertion = std::move(waiting_.front());
    waiting_.pop_front();
    send_insertion(std::move(insertion));
  }
}

void FaultEngine::send_insertion(Insertion insertion) {
  const auto& event = insertion.event;
  const auto reference = block_reference(event.body);
  if (reference && reference->block != no_block) {
    if (!reference->named && receiver_block_ != reference->block)
      insertion.bytes = with_block_name(event.body, insertion.bytes, tables().block_name(reference->block));
    receiver_block_ = reference->block;
  }
  filters_.send(Bytes(insertion.bytes));
  std::vector<Reaction> reactions;
  const auto units = units_of(event.body);
  // What a rule has made sets nothing off: an injected pong with on=pong would never end.
  const bool awaited =
      insertion.decision == Decision::released && (units & session_.book().waited_for()) != 0;
  if (awaited) find_reactions(event, units, reactions);
  release_reactions(std::move(reactions), Note{event, parser_.id(), direction_, insertion.decision,
                                               insertion.rule, insertion.readable && !ended_, 0});
  garbled_ = garbled_ || insertion.garbles;
}

void FaultEngine::flush_outside(OutputPlan& plan) {
  filters_.begin(plan, {});
  flush_insertions();
  filters_.end();
}

void FaultEngine::put_back(HoldId hold) {
  const auto found =
      std::find_if(held_.begin(), held_.end(), [&](const HeldUnit& h) { return h.hold == hold; });
  if (found == held_.end()) return;
  waiting_.push_back(std::move(found->unit));
  held_.erase(found);
}

// ---- what a unit sets off

void FaultEngine::find_reactions(const Event& event, UnitSet units, std::vector<Reaction>& reactions) const {
  for (std::size_t i = 0; i < session_.book().size(); ++i) {
    const auto index = static_cast<RuleIndex>(i);
    const auto& rule = session_.book().rule(index);
    if (rule.on && trigger_fits(*rule.on, event, units, tables()))
      reactions.push_back({index, Reaction::Kind::on});
    if (rule.until && trigger_fits(*rule.until, event, units, tables()))
      reactions.push_back({index, Reaction::Kind::until});
  }
}

/// What acts on this very direction acts at once, between this unit and the next; the rest waits until the
/// relay reports that the unit was sent.
bool FaultEngine::acts_inline(const Reaction& reaction) const {
  const auto& rule = session_.book().rule(reaction.rule);
  if (reaction.kind == Reaction::Kind::close_others) return false;
  const bool here = row(rule.unit).direction == direction_;
  if (reaction.kind == Reaction::Kind::until) return here;
  const bool own = !rule.channel || *rule.channel == ChannelChoice::all;
  if (rule.unit == Unit::connection)
    return own && rule.action->ends && rule.action->ends != CloseHow::blackhole;
  return here && (!rule.action->injects || channel_fits(ChannelChoice::main, parser_.kind()));
}

void FaultEngine::release_reactions(std::vector<Reaction> reactions, std::optional<Note> note) {
  std::vector<Reaction> inline_reactions;
  const auto is_inline = [&](const Reaction& reaction) { return acts_inline(reaction); };
  std::copy_if(reactions.begin(), reactions.end(), std::back_inserter(inline_reactions), is_inline);
  std::erase_if(reactions, is_inline);
  if (note) {
    if (!reactions.empty()) note->trigger = session_.defer(parser_.id(), std::move(reactions));
    add_note(*note);
    for (const auto& part : std::exchange(unit_parts_, {})) add_note(part);
  }
  for (const auto& reaction : inline_reactions) run_inline(reaction);
}

void FaultEngine::run_inline(const Reaction& reaction) {
  const auto& rule = session_.book().rule(reaction.rule);
  if (reaction.kind == Reaction::Kind::until) return session_.release_rule(reaction.rule, migration());
  const bool acts = rule.action->injects || rule.unit == Unit::connection;
  if (!acts) return session_.book().arm(migration(), reaction.rule);
  if (!in_scope(reaction.rule) || !session_.book().fire(migration(), reaction.rule)) return;
  if (rule.action->injects) {
    waiting_.push_back(session_.injection(reaction.rule, *migration()));
  } else {
    session_.warn(rule.name + " ends " + numbered(parser_.id()));
    filters_.step(Close{*rule.action->ends, rule.channel == ChannelChoice::all});
  }
}

// ---- the end

void FaultEngine::end_of_stream(OutputPlan& plan) {
  feeding_ = true;
  phase_after_plan_.reset();
  filters_.begin(plan, {});
  const auto before = parser_.error(direction_);
  const auto error = parser_.finish(direction_, *this);
  end_unit();
  end_section();
  filters_.give_up();
  if (error && !before && !unreadable_) switch_rules_off(*error);
  unreadable_ = true;
  // Nothing overtakes the end: what is still held goes first, when its time has come.
  for (auto& unit : std::exchange(waiting_, {})) send_insertion(std::move(unit));
  for (auto& held : std::exchange(held_, {})) {
    if (!session_.released(held.hold)) filters_.step(WaitFor{held.hold});
    send_insertion(std::move(held.unit));
  }
  filters_.step(Close{CloseHow::half_close, false});
  filters_.end();
  feeding_ = false;
}

}  // namespace mig::proxy
