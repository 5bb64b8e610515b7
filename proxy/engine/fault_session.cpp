// SPDX-License-Identifier: GPL-2.0-or-later
// What the relay asks for, and what the summary does. session_reactions.cpp acts across directions.
#include "proxy/engine/fault_session.hpp"

#include <algorithm>
#include <cassert>

#include "proxy/engine/fault_engine.hpp"
#include "proxy/engine/never_fired.hpp"
#include "proxy/engine/rule_match.hpp"
#include "proxy/rules/action.hpp"

namespace mig::proxy {
namespace {

/// Rules that act on a connection before its first byte.
bool acts_on_accept(const FaultRule& rule) {
  if (rule.unit != Unit::connection) return false;
  if (!rule.action->ends) return true;
  return !rule.on && !rule.phase && !rule.after && !rule.channel && !rule.migration;
}

}  // namespace

LinkedConnection::LinkedConnection(FaultSession& session, MigrationSet& set, ConnectionId id)
    : parser(set, id),
      forward(std::make_unique<FaultEngine>(session, parser, Direction::forward)),
      back(std::make_unique<FaultEngine>(session, parser, Direction::return_path)) {}
LinkedConnection::~LinkedConnection() = default;

FaultSession::FaultSession(std::vector<FaultRule> rules, SessionOptions options)
    : book_(std::move(rules), options.seed), options_(options) {}
FaultSession::~FaultSession() = default;

ConnectionId FaultSession::open_connection(OutputPlan& plan) {
  const auto id = static_cast<ConnectionId>(next_connection_++);
  auto& added =
      *connections_.emplace(id, std::make_unique<LinkedConnection>(*this, migrations_, id)).first->second;
  for (std::size_t i = 0; i < book_.size(); ++i) {
    const auto index = static_cast<RuleIndex>(i);
    const auto& rule = book_.rule(index);
    if (!acts_on_accept(rule) || !scope_fits(rule, {.connection = id})) continue;
    if (!book_.fire(nullptr, index)) continue;
    if (!rule.action->ends || passes_later(rule)) {
      for (const auto& step : wait_steps(index, nullptr, id)) plan.add(step);
      continue;
    }
    plan.add(Close{*rule.action->ends, false});
    added.forward->mute();
    if (rule.action->ends != CloseHow::half_close) added.back->mute();
    break;
  }
  return id;
}

bool FaultSession::watched_only(Direction direction) const noexcept { return book_.leaves_alone(direction); }

void FaultSession::feed(ConnectionId id, Direction direction, Bytes chunk, OutputPlan& plan) {
  linked(id).engine(direction).feed(chunk, plan);
}

void FaultSession::idle(ConnectionId id, Direction direction, OutputPlan& plan) {
  if (!watched_only(direction)) linked(id).engine(direction).idle(plan);
}

std::size_t FaultSession::held(ConnectionId id, Direction direction) const noexcept {
  return linked(id).engine(direction).held();
}

void FaultSession::end_of_stream(ConnectionId id, Direction direction, OutputPlan& plan) {
  linked(id).engine(direction).end_of_stream(plan);
}

const std::vector<Notice>& FaultSession::closed(ConnectionId id, Direction from, bool reset) {
  notices_.clear();
  const auto& parser = linked(id).parser;
  auto* migration = parser.migration();
  const auto before = migration != nullptr ? migration->phase() : Phase::setup;
  if (migration != nullptr) migration->closed({id, parser.kind(), from}, reset, notices_);
  forget(id);
  if (migration == nullptr) return notices_;
  if (migration->phase() != before) phase_entered(*migration);
  if (migration->is_over()) forget(*migration);
  return notices_;
}

/// Nothing is kept of a connection that has ended but what it adds to the summary.
void FaultSession::forget(ConnectionId id) {
  const auto found = connections_.find(id);
  assert(found != connections_.end());
  count_units(*found->second, ended_counts_);
  std::erase_if(holds_, [&](const auto& entry) { return entry.second.connection == id; });
  std::erase_if(reactions_, [&](const auto& entry) { return entry.second.connection == id; });
  std::erase_if(pending_, [&](const Pending& entry) { return entry.connection == id; });
  connections_.erase(found);
}

/// Of a migration that is over its phase and its PINGs are kept: nothing that names something comes any more.
void FaultSession::forget(Migration& migration) {
  book_.forget(&migration);
  migration.tables() = StreamTables();
}

std::optional<RelaySession::Pending> FaultSession::take_pending() {
  if (pending_.empty()) return std::nullopt;
  auto next = std::move(pending_.front());
  pending_.pop_front();
  return next;
}

const std::vector<Notice>& FaultSession::delivered(const Note& note) {
  notices_.clear();
  const auto& parser = linked(note.connection).parser;
  auto* migration = parser.migration();
  const auto before = migration != nullptr ? migration->phase() : Phase::setup;
  if (migration != nullptr && note.observed)
    migration->delivered({note.connection, parser.kind(), note.direction}, note.event, notices_);
  if (note.trigger != 0) run_reactions(note.trigger, note);
  if (migration != nullptr && migration->phase() != before) phase_entered(*migration);
  return notices_;
}

const ConnectionParser& FaultSession::connection(ConnectionId id) const { return linked(id).parser; }

FaultSession::Membership FaultSession::membership(const LinkedConnection& connection) const {
  const auto& parser = connection.parser;
  const bool silent = parser.kind() == ChannelKind::unknown && !parser.error(Direction::forward);
  const auto* migration = silent ? migrations_.preemptible(parser.id()) : nullptr;
  if (migration != nullptr) return {migration, ChannelKind::preempt};
  return {parser.migration(), parser.kind()};
}

bool FaultSession::belong_together(ConnectionId one, ConnectionId other) const {
  return membership(linked(one)).migration == membership(linked(other)).migration;
}

void FaultSession::count_units(const LinkedConnection& connection, std::vector<UnitCount>& sums) const {
  for (const auto* engine : {connection.forward.get(), connection.back.get()})
    for (const auto& count : engine->counts()) {
      if (count.count == 0) continue;
      const auto same = [&](const UnitCount& u) {
        return u.unit == count.unit && u.direction == engine->direction();
      };
      const auto found = std::find_if(sums.begin(), sums.end(), same);
      if (found != sums.end()) {
        found->count += count.count;
      } else {
        sums.push_back({count.unit, engine->direction(), count.count});
      }
    }
}

std::vector<UnitCount> FaultSession::unit_counts() const {
  auto sums = ended_counts_;
  for (const auto& [id, connection] : connections_) count_units(*connection, sums);
  return sums;
}

std::vector<RuleReport> FaultSession::rules() const {
  std::vector<RuleReport> reports;
  for (std::size_t i = 0; i < book_.size(); ++i) {
    const auto index = static_cast<RuleIndex>(i);
    reports.push_back({book_.rule(index).name, book_.fired(index), book_.ineffective(index),
                       why_never_fired(book_, index), book_.off_because(index)});
  }
  return reports;
}

bool FaultSession::all_fired() const {
  for (std::size_t i = 0; i < book_.size(); ++i)
    if (book_.fired(static_cast<RuleIndex>(i)) == 0) return false;
  return true;
}

}  // namespace mig::proxy
