// SPDX-License-Identifier: GPL-2.0-or-later
// A FaultSession whose plans the test writes: linked in place of the engine, so that every step of a plan can
// be tried on real sockets without a stream that leads to it.
#pragma once
#include <array>
#include <deque>
#include <functional>
#include <set>

#include "proxy/engine/fault_session.hpp"

namespace mig::proxy::test {

/// What the next FaultSession does. Set before it is made; afterwards only its own thread may touch it.
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
  std::deque<FaultSession::Pending> pending;
  std::set<HoldId> released;
  std::vector<std::string> calls;  ///< "feed 0 forward 5", "end 0 forward", "closed 0 return-path reset" ...
};
Script& script();
/// A fresh one.
void reset_script();

}  // namespace mig::proxy::test
