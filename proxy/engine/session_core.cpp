// SPDX-License-Identifier: GPL-2.0-or-later
#include "proxy/engine/session_core.hpp"

#include <algorithm>
#include <csignal>
#include <utility>

#include "mig/encode.hpp"
#include "proxy/engine/fault_engine.hpp"
#include "proxy/engine/rule_match.hpp"
#include "proxy/rules/rule_vocabulary.hpp"

namespace mig::proxy {

CloseHow close_how(Action action) noexcept {
  switch (action) {
    case Action::reset: return CloseHow::reset;
    case Action::half_close: return CloseHow::half_close;
    case Action::absorb: return CloseHow::absorb;
    case Action::blackhole: return CloseHow::blackhole;
    default: return CloseHow::end;
  }
}

std::string numbered(ConnectionId id) {
  return "connection " + std::to_string(static_cast<std::uint32_t>(id) + 1);
}

LinkedConnection::LinkedConnection(SessionCore& core, MigrationSet& set, ConnectionId id)
    : parser(set, id),
      forward(std::make_unique<FaultEngine>(core, parser, Direction::forward, core.options.unit_limit)),
      back(std::make_unique<FaultEngine>(core, parser, Direction::return_path, core.options.unit_limit)) {}
LinkedConnection::~LinkedConnection() = default;

SessionCore::SessionCore(std::vector<FaultRule> rules, SessionOptions session_options)
    : book(std::move(rules), session_options.seed), options(session_options) {}
SessionCore::~SessionCore() = default;

LinkedConnection& SessionCore::add_connection() {
  const auto id = static_cast<ConnectionId>(connections_.size());
  return *connections_.emplace_back(std::make_unique<LinkedConnection>(*this, migrations, id));
}

SessionCore::Standing SessionCore::standing(const LinkedConnection& connection) const {
  const auto& parser = connection.parser;
  const bool silent = parser.kind() == ChannelKind::unknown && !parser.error(Direction::forward);
  const auto* migration = silent ? migrations.open_to_preempt(parser.id()) : nullptr;
  if (migration != nullptr) return {migration, ChannelKind::preempt};
  return {parser.migration(), parser.kind()};
}

// ---- waiting

HoldId SessionCore::new_hold(RuleIndex rule, const Migration* migration, FaultEngine* engine) {
  holds_.push_back({rule, migration, engine, false});
  return static_cast<HoldId>(holds_.size() - 1);
}

void SessionCore::release(HoldId hold) {
  auto& entry = holds_[static_cast<std::size_t>(hold)];
  if (std::exchange(entry.released, true) || entry.engine == nullptr) return;
  entry.engine->put_back(hold);
  flush(*entry.engine);
}

bool SessionCore::released(HoldId hold) const noexcept {
  return holds_[static_cast<std::size_t>(hold)].released;
}

void SessionCore::release_rule(RuleIndex rule, const Migration* migration) {
  for (std::size_t i = 0; i < holds_.size(); ++i) {
    // A connect is held back before its migration is known.
    const bool same = holds_[i].migration == migration || holds_[i].migration == nullptr;
    if (holds_[i].rule == rule && same) release(static_cast<HoldId>(i));
  }
}

std::vector<Step> SessionCore::wait_steps(RuleIndex rule, const Migration* migration) {
  const auto wait = book.wait_of(rule);
  if (!book.rule(rule).until) return {Pause{wait}};
  const auto hold = new_hold(rule, migration, nullptr);
  if (wait == Duration{}) return {WaitFor{hold}};
  return {StartTimer{hold, wait}, WaitFor{hold}};
}

// ---- acting across directions

std::uint32_t SessionCore::add_hits(std::vector<TriggerHit> hits) {
  hits_.emplace(next_hits_, std::move(hits));
  return next_hits_++;
}

void SessionCore::run_hits(std::uint32_t trigger, const Note& note) {
  const auto found = hits_.find(trigger);
  if (found == hits_.end()) return;
  const auto hits = std::move(found->second);
  hits_.erase(found);
  auto* migration = connection(note.connection).parser.migration();
  for (const auto& hit : hits) {
    if (hit.kind == TriggerHit::Kind::act_others) {
      if (!close(hit.rule, migration, note.connection, true)) found_none(hit.rule, migration);
    } else if (note.observed && hit.kind == TriggerHit::Kind::until) {
      release_rule(hit.rule, migration);
    } else if (note.observed) {
      act(hit.rule, migration, note.connection);
    }
  }
}

namespace {

/// inject and closings: they do not wait for a unit.
bool acts_at_once(const FaultRule& rule) {
  return rule.action == Action::inject || rule.unit == Unit::connection;
}

bool is_open(const Migration& migration) {
  const auto& all = migration.connections();
  return std::any_of(all.begin(), all.end(), [](const auto& connection) { return connection.open; });
}

}  // namespace

void SessionCore::act(RuleIndex index, Migration* migration, std::optional<ConnectionId> origin) {
  const auto& rule = book.rule(index);
  if (!acts_at_once(rule)) return book.arm(migration, index);
  if (rule.migration &&
      (migration == nullptr || *rule.migration != static_cast<std::uint32_t>(migration->id()) + 1))
    return;
  if (rule.phase && (migration == nullptr || migration->phase() != *rule.phase)) return;
  if (rule.action == Action::hold) return;
  if (rule.action == Action::inject) {
    if (migration == nullptr || !book.fire(migration, index)) return;
    if (!inject(index, *migration)) found_none(index, migration);
  } else if (book.fire(migration, index)) {
    if (!close(index, migration, origin, false)) found_none(index, migration);
  }
}

Insertion SessionCore::injection(RuleIndex index, Migration& migration) const {
  const auto& rule = book.rule(index);
  auto body = injected_body(rule);
  if (auto* request = std::get_if<PageRequest>(&body))
    request->block = migration.tables().find_block(rule.block).value_or(no_block);
  return {Event{{}, body}, encode(body, rule.block), index, Decision::injected};
}

/// There is no connection on which the rule could act: it has not.
void SessionCore::found_none(RuleIndex index, const Migration* migration) {
  const auto& rule = book.rule(index);
  const bool inject = rule.action == Action::inject;
  const auto channel = inject ? "main" : rule.channel ? to_string(*rule.channel) : std::string_view("open");
  if (book.came_to_nothing(migration, index))
    warn(rule.name + " found no " + std::string(channel) + " channel to act on");
}

bool SessionCore::inject(RuleIndex index, Migration& migration) {
  const auto& rule = book.rule(index);
  const auto& all = migration.connections();
  const auto target = std::find_if(all.rbegin(), all.rend(), [&](const Migration::Connection& c) {
    const bool wanted = !rule.connection || *rule.connection == static_cast<std::uint32_t>(c.id) + 1;
    return wanted && c.open && channel_fits(ChannelChoice::main, c.kind);
  });
  if (target == all.rend()) return false;
  auto& engine = connection(target->id).engine(row(rule.unit).direction);
  engine.insert(injection(index, migration));
  flush(engine);
  return true;
}

void SessionCore::flush(FaultEngine& engine) {
  if (!engine.can_insert()) return;
  auto& entry = pending.emplace_back();
  entry.connection = engine.connection();
  entry.direction = engine.direction();
  engine.flush_outside(entry.plan);
}

/// Ends what channel= names, or the connection the moment was seen on, or (a signal, a phase) the main one.
bool SessionCore::close(RuleIndex index, const Migration* migration, std::optional<ConnectionId> origin,
                        bool others_only) {
  const auto& rule = book.rule(index);
  bool any = false;
  for (auto& connection : connections_) {
    const auto id = connection->parser.id();
    const auto [of, kind] = standing(*connection);
    if (!connection->open || of != migration) continue;
    if (rule.connection && *rule.connection != static_cast<std::uint32_t>(id) + 1) continue;
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

void SessionCore::close_one(RuleIndex index, LinkedConnection& connection) {
  const auto& rule = book.rule(index);
  warn(rule.name + (rule.action == Action::blackhole ? " silences " : " ends ") +
       numbered(connection.parser.id()));
  const bool both = rule.action == Action::blackhole;
  const bool passing = both && (rule.duration != Duration{} || rule.until);
  for (const auto direction : {Direction::forward, Direction::return_path}) {
    if (direction == Direction::return_path && !both) break;
    auto& engine = connection.engine(direction);
    if (engine.muted()) continue;
    auto& entry = pending.emplace_back();
    entry.connection = connection.parser.id();
    entry.direction = direction;
    if (passing) {
      for (const auto& step : wait_steps(index, connection.parser.migration())) entry.plan.add(step);
    } else {
      entry.plan.add(Close{close_how(rule.action), false});
      engine.mute();
    }
  }
  if (rule.action == Action::reset || rule.action == Action::close) connection.back->mute();
}

void SessionCore::signal(int number) {
  const auto kind = number == SIGUSR1   ? Trigger::Kind::sigusr1
                    : number == SIGUSR2 ? Trigger::Kind::sigusr2
                                        : Trigger::Kind::unit;
  if (kind == Trigger::Kind::unit) return;
  const bool strangers = std::any_of(connections_.begin(), connections_.end(), [](const auto& c) {
    return c->open && c->parser.migration() == nullptr;
  });
  for (std::size_t i = 0; i < book.size(); ++i) {
    const auto index = static_cast<RuleIndex>(i);
    const auto& rule = book.rule(index);
    if (rule.on && rule.on->kind == kind) {
      for (auto& migration : migrations.all())
        if (!acts_at_once(rule) || is_open(migration)) act(index, &migration, std::nullopt);
      if (strangers) act(index, nullptr, std::nullopt);
    }
    if (!rule.until || rule.until->kind != kind) continue;
    for (std::size_t h = 0; h < holds_.size(); ++h)
      if (holds_[h].rule == index) release(static_cast<HoldId>(h));
  }
}

void SessionCore::phase_entered(Migration& migration) {
  for (std::size_t i = 0; i < book.size(); ++i) {
    const auto index = static_cast<RuleIndex>(i);
    const auto& rule = book.rule(index);
    const bool acts =
        rule.action == Action::inject || (rule.unit == Unit::connection && is_close(rule.action));
    if (acts && !rule.on && rule.phase == migration.phase()) act(index, &migration, std::nullopt);
  }
}

}  // namespace mig::proxy
