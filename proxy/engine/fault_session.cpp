// SPDX-License-Identifier: GPL-2.0-or-later
#include "proxy/engine/fault_session.hpp"

#include <algorithm>
#include <utility>

#include "proxy/engine/fault_engine.hpp"
#include "proxy/engine/rule_match.hpp"
#include "proxy/engine/session_core.hpp"
#include "proxy/rules/rule_vocabulary.hpp"

namespace mig::proxy {
namespace {

/// Rules that act on a connection before its first byte.
bool acts_on_accept(const FaultRule& rule) {
  if (rule.unit != Unit::connection) return false;
  if (rule.action == Action::hold) return true;
  return !rule.on && !rule.phase && !rule.after && !rule.channel && !rule.migration;
}

}  // namespace

FaultSession::FaultSession(std::vector<FaultRule> rules, SessionOptions options)
    : core_(std::make_unique<SessionCore>(std::move(rules), options)) {}
FaultSession::~FaultSession() = default;

ConnectionId FaultSession::open_connection(OutputPlan& plan) {
  auto& added = core_->add_connection();
  const auto id = added.parser.id();
  for (std::size_t i = 0; i < core_->book.size(); ++i) {
    const auto index = static_cast<RuleIndex>(i);
    const auto& rule = core_->book.rule(index);
    if (!acts_on_accept(rule)) continue;
    if (rule.connection && *rule.connection != static_cast<std::uint32_t>(id) + 1) continue;
    if (!core_->book.fire(nullptr, index)) continue;
    const bool waits = rule.duration != Duration{} || rule.until;
    if (rule.action == Action::hold || (rule.action == Action::blackhole && waits)) {
      for (const auto& step : core_->wait_steps(index, nullptr)) plan.add(step);
      continue;
    }
    plan.add(Close{close_how(rule.action), false});
    added.forward->mute();
    if (rule.action != Action::half_close) added.back->mute();
    break;
  }
  return id;
}

bool FaultSession::watched_only(Direction direction) const noexcept {
  return core_->book.leaves_alone(direction);
}

void FaultSession::feed(ConnectionId id, Direction direction, Bytes chunk, OutputPlan& plan) {
  core_->connection(id).engine(direction).feed(chunk, plan);
}

void FaultSession::idle(ConnectionId id, Direction direction, OutputPlan& plan) {
  if (!watched_only(direction)) core_->connection(id).engine(direction).idle(plan);
}

std::size_t FaultSession::held(ConnectionId id, Direction direction) const noexcept {
  return core_->connection(id).engine(direction).held();
}

void FaultSession::end_of_stream(ConnectionId id, Direction direction, OutputPlan& plan) {
  core_->connection(id).engine(direction).end_of_stream(plan);
}

const std::vector<Notice>& FaultSession::closed(ConnectionId id, Direction from, bool reset) {
  notices_.clear();
  auto& connection = core_->connection(id);
  if (!std::exchange(connection.open, false)) return notices_;
  connection.forward->mute();
  connection.back->mute();
  auto* migration = connection.parser.migration();
  if (migration == nullptr) return notices_;
  const auto before = migration->phase();
  migration->closed({id, connection.parser.kind(), from}, reset, notices_);
  if (migration->phase() != before) core_->phase_entered(*migration);
  return notices_;
}

void FaultSession::signal(int number) { core_->signal(number); }
void FaultSession::release(HoldId hold) { core_->release(hold); }
bool FaultSession::released(HoldId hold) const noexcept { return core_->released(hold); }

std::optional<FaultSession::Pending> FaultSession::take_pending() {
  if (core_->pending.empty()) return std::nullopt;
  auto next = std::move(core_->pending.front());
  core_->pending.pop_front();
  return next;
}

const std::vector<Notice>& FaultSession::delivered(const Note& note) {
  notices_.clear();
  const auto& parser = core_->connection(note.connection).parser;
  auto* migration = parser.migration();
  const auto before = migration != nullptr ? migration->phase() : Phase::setup;
  if (migration != nullptr && note.observed)
    migration->delivered({note.connection, parser.kind(), note.direction}, note.event, notices_);
  if (note.trigger != 0) core_->run_hits(note.trigger, note);
  if (migration != nullptr && migration->phase() != before) core_->phase_entered(*migration);
  return notices_;
}

const ConnectionParser& FaultSession::connection(ConnectionId id) const {
  return core_->connection(id).parser;
}
bool FaultSession::belong_together(ConnectionId one, ConnectionId other) const {
  return core_->standing(core_->connection(one)).migration ==
         core_->standing(core_->connection(other)).migration;
}
const MigrationSet& FaultSession::migrations() const noexcept { return core_->migrations; }

std::vector<UnitCount> FaultSession::unit_counts() const {
  std::vector<UnitCount> sums;
  for (auto& connection : core_->connections())
    for (const auto direction : {Direction::forward, Direction::return_path})
      for (const auto& count : connection->engine(direction).counts()) {
        if (count.count == 0) continue;
        const auto same = [&](const UnitCount& u) {
          return u.unit == count.unit && u.direction == direction;
        };
        const auto found = std::find_if(sums.begin(), sums.end(), same);
        if (found != sums.end()) {
          found->count += count.count;
        } else {
          sums.push_back({count.unit, direction, count.count});
        }
      }
  return sums;
}

std::vector<RuleReport> FaultSession::rules() const {
  std::vector<RuleReport> reports;
  for (std::size_t i = 0; i < core_->book.size(); ++i) {
    const auto index = static_cast<RuleIndex>(i);
    const auto& book = core_->book;
    reports.push_back(
        {book.rule(index).name, book.fired(index), book.in_vain(index), book.off_because(index)});
  }
  return reports;
}

bool FaultSession::all_fired() const {
  for (std::size_t i = 0; i < core_->book.size(); ++i)
    if (core_->book.fired(static_cast<RuleIndex>(i)) == 0) return false;
  return true;
}

std::vector<std::string> FaultSession::take_warnings() { return core_->take_warnings(); }

}  // namespace mig::proxy
