// SPDX-License-Identifier: GPL-2.0-or-later
#include "scripted_session.hpp"

#include <memory>
#include <utility>

#include "mig/fields.hpp"

namespace mig::proxy {
namespace test {
namespace {
std::unique_ptr<Script>& slot() {
  static auto current = std::make_unique<Script>();
  return current;
}
}  // namespace

Script& script() { return *slot(); }
void reset_script() { slot() = std::make_unique<Script>(); }

}  // namespace test

using test::script;

class SessionCore {
 public:
  MigrationSet migrations;
  std::deque<ConnectionParser> connections;
  std::vector<Notice> notices;

  static void say(const std::string& what, ConnectionId id, Direction direction,
                  const std::string& more = {}) {
    script().calls.push_back(what + " " + std::to_string(static_cast<unsigned>(id)) + " " +
                             std::string(to_string(direction)) + more);
  }
};

FaultSession::FaultSession(std::vector<FaultRule>, SessionOptions)  // NOLINT: as the engine's
    : core_(std::make_unique<SessionCore>()) {}
FaultSession::~FaultSession() = default;

ConnectionId FaultSession::open_connection(OutputPlan& plan) {
  const auto id = static_cast<ConnectionId>(core_->connections.size());
  core_->connections.emplace_back(core_->migrations, id);
  if (script().on_open) script().on_open(id, plan);
  return id;
}

bool FaultSession::watched_only(Direction direction) const noexcept {
  return script().watched[static_cast<std::size_t>(direction)];
}

void FaultSession::feed(ConnectionId id, Direction direction, Bytes chunk, OutputPlan& plan) {
  if (script().on_feed) return script().on_feed(id, direction, chunk, plan);
  plan.forward(chunk);
}

void FaultSession::idle(ConnectionId id, Direction direction, OutputPlan& plan) {
  SessionCore::say("idle", id, direction);
  if (script().on_idle) script().on_idle(id, direction, plan);
}

std::size_t FaultSession::held(ConnectionId, Direction) const noexcept { return script().held; }

void FaultSession::end_of_stream(ConnectionId id, Direction direction, OutputPlan& plan) {
  SessionCore::say("end", id, direction);
  if (script().on_end) return script().on_end(id, direction, plan);
  plan.add(Close{CloseHow::half_close});
}

const std::vector<Notice>& FaultSession::closed(ConnectionId id, Direction from, bool reset) {
  SessionCore::say("closed", id, from, reset ? " reset" : "");
  return core_->notices;
}

void FaultSession::signal(int number) {
  if (script().on_signal) script().on_signal(number);
}
void FaultSession::release(HoldId hold) {
  script().released.insert(hold);
  if (script().on_release) script().on_release(hold);
}
bool FaultSession::released(HoldId hold) const noexcept { return script().released.contains(hold); }

std::optional<FaultSession::Pending> FaultSession::take_pending() {
  if (script().pending.empty()) return std::nullopt;
  auto first = std::move(script().pending.front());
  script().pending.pop_front();
  return first;
}

const std::vector<Notice>& FaultSession::delivered(const Note& note) {
  SessionCore::say("delivered", note.connection, note.direction);
  return core_->notices;
}
const ConnectionParser& FaultSession::connection(ConnectionId id) const {
  return core_->connections[static_cast<std::size_t>(id)];
}
bool FaultSession::belong_together(ConnectionId, ConnectionId) const { return true; }
const MigrationSet& FaultSession::migrations() const noexcept { return core_->migrations; }
std::vector<UnitCount> FaultSession::unit_counts() const { return {}; }
std::vector<RuleReport> FaultSession::rules() const { return {}; }
bool FaultSession::all_fired() const { return true; }
std::vector<std::string> FaultSession::take_warnings() { return {}; }

}  // namespace mig::proxy
