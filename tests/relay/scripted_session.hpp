// SPDX-License-Identifier: GPL-2.0-or-later
// A session whose plans the test writes, so that every step of a plan can be tried on real sockets without a
// stream that leads to it.
#pragma once
#include <array>
#include <deque>
#include <functional>
#include <set>

#include "proxy/engine/relay_session.hpp"

namespace mig::proxy::test {

/// What the next ScriptedSession does. Set before it is made; afterwards only its own thread may touch it.
struct Script {
  std::array<bool, 2> watched{};  ///< by direction
  std::size_t held = 0;
  std::function<void(ConnectionId, OutputPlan&)> on_open;
  /// Instead of forwarding the chunk.
  std::function<void(ConnectionId, Direction, Bytes, OutputPlan&)> on_feed;
  std::function<void(ConnectionId, Direction, OutputPlan&)> on_idle;
  std::function<void(ConnectionId, Direction, OutputPlan&)> on_end;
  std::function<void(int)> on_signal;
  std::function<void(HoldId)> on_release;
  std::deque<RelaySession::Pending> pending;
  std::set<HoldId> released;
  std::vector<std::string> calls;  ///< "feed 0 forward 5", "end 0 forward", "closed 0 return-path reset" ...
};
Script& script();
/// A fresh one.
void reset_script();

class ScriptedSession final : public RelaySession {
 public:
  ConnectionId open_connection(OutputPlan& plan) override;
  [[nodiscard]] bool watched_only(Direction direction) const noexcept override;
  void feed(ConnectionId id, Direction direction, Bytes chunk, OutputPlan& plan) override;
  void idle(ConnectionId id, Direction direction, OutputPlan& plan) override;
  [[nodiscard]] std::size_t held(ConnectionId id, Direction direction) const noexcept override;
  void end_of_stream(ConnectionId id, Direction direction, OutputPlan& plan) override;
  const std::vector<Notice>& closed(ConnectionId id, Direction from, bool reset) override;
  void signal(int number) override;
  void release(HoldId hold) override;
  [[nodiscard]] bool released(HoldId hold) const noexcept override;
  [[nodiscard]] std::optional<Pending> take_pending() override;
  const std::vector<Notice>& delivered(const Note& note) override;
  [[nodiscard]] const ConnectionParser& connection(ConnectionId id) const override;
  [[nodiscard]] bool belong_together(ConnectionId /*one*/, ConnectionId /*other*/) const override {
    return true;
  }
  [[nodiscard]] const MigrationSet& migrations() const noexcept override { return migrations_; }
  [[nodiscard]] std::vector<std::string> take_warnings() override { return {}; }

 private:
  MigrationSet migrations_;
  std::deque<ConnectionParser> connections_;
  std::vector<Notice> notices_;
};

}  // namespace mig::proxy::test
