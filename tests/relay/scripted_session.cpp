// SPDX-License-Identifier: GPL-2.0-or-later
#include "scripted_session.hpp"

#include <memory>
#include <utility>

#include "mig/connection_parser.hpp"
#include "mig/event_sink.hpp"
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

namespace {

struct Ignore final : EventSink {
  void on_event(const Event& /*event*/, Bytes /*raw*/) override {}
};

void record_call(const std::string& what, ConnectionId id, Direction direction,
                 const std::string& more = {}) {
  script().calls.push_back(what + " " + std::to_string(static_cast<unsigned>(id)) + " " +
                           std::string(to_string(direction)) + more);
}

}  // namespace

ConnectionId ScriptedSession::open_connection(OutputPlan& plan) {
  const auto id = static_cast<ConnectionId>(connections_.size());
  connections_.emplace_back(migrations_, id);
  if (script().on_open) script().on_open(id, plan);
  return id;
}

bool ScriptedSession::watched_only(Direction direction) const noexcept {
  return script().watched[static_cast<std::size_t>(direction)];
}

void ScriptedSession::feed(ConnectionId id, Direction direction, Bytes chunk, OutputPlan& plan) {
  Ignore events;  // parsed for one reason: the channel is known
  static_cast<void>(connections_[static_cast<std::size_t>(id)].feed(direction, chunk, events));
  if (script().on_feed) return script().on_feed(id, direction, chunk, plan);
  plan.forward(chunk);
}

void ScriptedSession::idle(ConnectionId id, Direction direction, OutputPlan& plan) {
  record_call("idle", id, direction);
  if (script().on_idle) script().on_idle(id, direction, plan);
}

std::size_t ScriptedSession::held(ConnectionId /*id*/, Direction /*direction*/) const noexcept {
  return script().held;
}

void ScriptedSession::end_of_stream(ConnectionId id, Direction direction, OutputPlan& plan) {
  record_call("end", id, direction);
  if (script().on_end) return script().on_end(id, direction, plan);
  plan.add(Close{CloseHow::half_close});
}

const std::vector<Notice>& ScriptedSession::closed(ConnectionId id, Direction from, bool reset) {
  record_call("closed", id, from, reset ? " reset" : "");
  return notices_;
}

void ScriptedSession::signal(int number) {
  if (script().on_signal) script().on_signal(number);
}

void ScriptedSession::release(HoldId hold) {
  script().released.insert(hold);
  if (script().on_release) script().on_release(hold);
}

bool ScriptedSession::released(HoldId hold) const noexcept { return script().released.contains(hold); }

std::optional<RelaySession::Pending> ScriptedSession::take_pending() {
  if (script().pending.empty()) return std::nullopt;
  auto first = std::move(script().pending.front());
  script().pending.pop_front();
  return first;
}

const std::vector<Notice>& ScriptedSession::delivered(const Note& note) {
  record_call("delivered", note.connection, note.direction);
  return notices_;
}

const ConnectionParser& ScriptedSession::connection(ConnectionId id) const {
  return connections_[static_cast<std::size_t>(id)];
}

}  // namespace test
}  // namespace mig::proxy
