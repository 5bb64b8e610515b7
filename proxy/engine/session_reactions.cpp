// SPDX-License-Identifier: GPL-2.0-or-later
// What waits, and how a unit of one direction acts on another direction.
#include <algorithm>
#include <csignal>
#include <utility>

#include "mig/encode.hpp"
#include "proxy/engine/fault_engine.hpp"
#include "proxy/engine/fault_session.hpp"
#include "proxy/engine/rule_match.hpp"
#include "proxy/rules/action.hpp"

namespace mig::proxy {

std::string numbered(ConnectionId id) {
  return "connection " + std::to_string(static_cast<std::uint32_t>(id) + 1);
}

// ---- waiting

HoldId FaultSession::new_hold(RuleIndex rule, const Migration* migration, ConnectionId connection,
                              FaultEngine* engine) {
  const auto id = static_cast<HoldId>(next_hold_++);
  holds_.emplace(id, Hold{rule, migration, connection, engine});
  return id;
}

void FaultSession::release(HoldId hold) {
  const auto found = holds_.find(hold);
  if (found == holds_.end()) return;
  auto* const engine = found->second.engine;
  holds_.erase(found);
  if (engine == nullptr) return;
  engine->put_back(hold);
  flush(*engine);
}

template <class Fits>
void FaultSession::release_if(Fits fits) {
  std::vector<HoldId> ids;
  for (const auto& [id, hold] : holds_)
    if (fits(hold)) ids.push_back(id);
  for (const auto id : ids) release(id);
}

void FaultSession::release_rule(RuleIndex rule, const Migration* migration) {
  // A connect is held back before its migration is known.
  release_if([&](const Hold& hold) {
    return hold.rule == rule && (hold.migration == migration || hold.migration == nullptr);
  });
}

std::vector<Step> FaultSession::wait_steps(RuleIndex rule, const Migration* migration,
                                           ConnectionId connection) {
  const auto wait = book_.wait_of(rule);
  if (!book_.rule(rule).until) return {Pause{wait}};
  const auto hold = new_hold(rule, migration, connection, nullptr);
  if (wait == Duration{}) return {WaitFor{hold}};
  return {StartTimer{hold, wait}, WaitFor{hold}};
}

// ---- acting across directions

std::uint32_t FaultSession::defer(ConnectionId connection, std::vector<Reaction> reactions) {
  reactions_.emplace(next_reaction_, Deferred{connection, std::move(reactions)});
  return next_reaction_++;
}

void FaultSession::run_reactions(std::uint32_t trigger, const Note& note) {
  const auto found = reactions_.find(trigger);
  if (found == reactions_.end()) return;
  const auto reactions = std::move(found->second.reactions);
  reactions_.erase(found);
  auto* migration = linked(note.connection).parser.migration();
  for (const auto& reaction : reactions) {
    if (reaction.kind == Reaction::Kind::close_others) {
      if (!close(reaction.rule, migration, note.connection, true)) warn_no_target(reaction.rule, migration);
    } else if (note.observed && reaction.kind == Reaction::Kind::until) {
      release_rule(reaction.rule, migration);
    } else if (note.observed) {
      act(reaction.rule, migration, note.connection);
    }
  }
}

namespace {

/// inject and closings: they do not wait for a unit.
bool acts_at_once(const FaultRule& rule) { return rule.action->injects || rule.unit == Unit::connection; }

bool is_open(const Migration& migration) {
  const auto& all = migration.connections();
  return std::any_of(all.begin(), all.end(), [](const auto& connection) { return connection.open; });
}

}  // namespace

void FaultSession::act(RuleIndex index, Migration* migration, std::optional<ConnectionId> origin) {
  const auto& rule = book_.rule(index);
  if (!acts_at_once(rule)) return book_.arm(migration, index);
  const auto phase = migration != nullptr ? std::optional(migration->phase()) : std::nullopt;
  if (!scope_fits(rule, {.migration = migration, .phase = phase})) return;
  if (!rule.action->injects && !rule.action->ends) return;
  if (rule.action->injects) {
    if (migration == nullptr || !book_.fire(migration, index)) return;
    if (!inject(index, *migration)) warn_no_target(index, migration);
  } else if (book_.fire(migration, index)) {
    if (!close(index, migration, origin, false)) warn_no_target(index, migration);
  }
}

Insertion FaultSession::injection(RuleIndex index, Migration& migration) const {
  const auto& rule = book_.rule(index);
  auto body = injected_body(rule);
  if (auto* request = std::get_if<PageRequest>(&body))
    request->block = migration.tables().find_block(rule.block).value_or(no_block);
  return {Event{{}, body}, encode(body, rule.block), index, Decision::injected};
}

/// There is no connection on which the rule could act: it has not.
void FaultSession::warn_no_target(RuleIndex index, const Migration* migration) {
  const auto& rule = book_.rule(index);
  const bool inject = rule.action->injects;
  const auto channel = inject ? "main" : rule.channel ? to_string(*rule.channel) : std::string_view("open");
  if (book_.retract_fire(migration, index))
    warn(rule.name + " found no " + std::string(channel) + " channel to act on");
}

bool FaultSession::inject(RuleIndex index, Migration& migration) {
  const auto& rule = book_.rule(index);
  const auto& all = migration.connections();
  const auto target = std::find_if(all.rbegin(), all.rend(), [&](const Migration::Connection& c) {
    return scope_fits(rule, {.connection = c.id}) && c.open && channel_fits(ChannelChoice::main, c.kind);
  });
  if (target == all.rend()) return false;
  auto& engine = linked(target->id).engine(row(rule.unit).direction);
  engine.insert(injection(index, migration));
  flush(engine);
  return true;
}

void FaultSession::flush(FaultEngine& engine) {
  if (!engine.can_insert()) return;
  auto& entry = pending_.emplace_back();
  entry.connection = engine.connection();
  entry.direction = engine.direction();
  engine.flush_outside(entry.plan);
}

/// Ends what channel= names, or the connection the moment was seen on, or (a signal, a phase) the main one.
bool FaultSession::close(RuleIndex index, const Migration* migration, std::optional<ConnectionId> origin,
                         bool others_only) {
  const auto& rule = book_.rule(index);
  bool any = false;
  for (const auto& [id, connection] : connections_) {
    const auto [of, kind] = membership(*connection);
    if (of != migration || !scope_fits(rule, {.connection = id})) continue;
    const bool chosen = rule.channel || rule.connection ? channel_fits(rule.channel, kind)
                        : origin                        ? id == *origin
                                 : migration == nullptr || channel_fits(ChannelChoice::main, kind);
    const bool done = others_only && origin && id == *origin;
    if (!chosen || done) continue;
    any = true;
    close_one(index, *connection);
  }
  return any;
}

void FaultSession::close_one(RuleIndex index, LinkedConnection& connection) {
  const auto& rule = book_.rule(index);
  warn(rule.name + (rule.action->ends == CloseHow::blackhole ? " silences " : " ends ") +
       numbered(connection.parser.id()));
  const bool both = rule.action->ends == CloseHow::blackhole;
  for (const auto direction : {Direction::forward, Direction::return_path}) {
    if (direction == Direction::return_path && !both) break;
    auto& engine = connection.engine(direction);
    if (engine.muted()) continue;
    auto& entry = pending_.emplace_back();
    entry.connection = connection.parser.id();
    entry.direction = direction;
    if (passes_later(rule)) {
      for (const auto& step : wait_steps(index, connection.parser.migration(), entry.connection))
        entry.plan.add(step);
    } else {
      entry.plan.add(Close{*rule.action->ends, false});
      engine.mute();
    }
  }
  if (rule.action->ends == CloseHow::reset || rule.action->ends == CloseHow::end) connection.back->mute();
}

void FaultSession::signal(int number) {
  const auto kind = number == SIGUSR1   ? Trigger::Kind::sigusr1
                    : number == SIGUSR2 ? Trigger::Kind::sigusr2
                                        : Trigger::Kind::unit;
  if (kind == Trigger::Kind::unit) return;
  const bool strangers = std::any_of(connections_.begin(), connections_.end(), [](const auto& entry) {
    return entry.second->parser.migration() == nullptr;
  });
  for (std::size_t i = 0; i < book_.size(); ++i) {
    const auto index = static_cast<RuleIndex>(i);
    const auto& rule = book_.rule(index);
    if (rule.on && rule.on->kind == kind) {
      for (auto& migration : migrations_.all())
        if (!acts_at_once(rule) || is_open(migration)) act(index, &migration, std::nullopt);
      if (strangers) act(index, nullptr, std::nullopt);
    }
    if (!rule.until || rule.until->kind != kind) continue;
    release_if([&](const Hold& hold) { return hold.rule == index; });
  }
}

void FaultSession::phase_entered(Migration& migration) {
  for (std::size_t i = 0; i < book_.size(); ++i) {
    const auto index = static_cast<RuleIndex>(i);
    const auto& rule = book_.rule(index);
    const bool acts =
        rule.action->injects || (rule.unit == Unit::connection && rule.action->ends.has_value());
    if (acts && !rule.on && rule.phase == migration.phase()) act(index, &migration, std::nullopt);
  }
}

}  // namespace mig::proxy
