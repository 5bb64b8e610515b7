// SPDX-License-Identifier: GPL-2.0-or-later
// What the relay asks of the writer of its plans: the fault session, or a test.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mig/connection_parser.hpp"
#include "mig/history/migration.hpp"
#include "proxy/plan/output_plan.hpp"

namespace mig::proxy {

class RelaySession {
 public:
  virtual ~RelaySession() = default;

  /// A connection was accepted (connections are numbered from 0 in that order). The plan may hold the connect
  /// back (WaitFor, Pause) or close it.
  virtual ConnectionId open_connection(OutputPlan& plan) = 0;

  /// True while no rule can ever touch this direction: the relay sends the bytes first and feeds them
  /// afterwards, ignoring the plan's Sends (it still executes Notes).
  [[nodiscard]] virtual bool watched_only(Direction direction) const noexcept = 0;

  /// `chunk` stays valid until the plan was executed.
  virtual void feed(ConnectionId id, Direction direction, Bytes chunk, OutputPlan& plan) = 0;
  /// Nothing came for a while: bytes of an incomplete header are sent now, so that no held byte can stall a
  /// migration. A rule that wanted that unit is reported as too late.
  virtual void idle(ConnectionId id, Direction direction, OutputPlan& plan) = 0;
  /// Bytes accepted and not yet in any plan (an incomplete header).
  [[nodiscard]] virtual std::size_t held(ConnectionId id, Direction direction) const noexcept = 0;
  /// The sender's end of stream. The plan ends with Close{half_close} unless a rule says otherwise.
  virtual void end_of_stream(ConnectionId id, Direction direction, OutputPlan& plan) = 0;
  /// The connection is gone: `reset` by a peer (or by a rule), or both directions have ended. Returns the
  /// notices, as delivered() does.
  virtual const std::vector<Notice>& closed(ConnectionId id, Direction from, bool reset) = 0;

  /// A signal for `until=SIGUSR1`, `on=SIGUSR2`; a timer for a StartTimer step.
  virtual void signal(int number) = 0;
  virtual void release(HoldId hold) = 0;
  [[nodiscard]] virtual bool released(HoldId hold) const noexcept = 0;

  /// Plans for other directions that the calls above produced (a hold released, an injection, a reset of all
  /// connections). Empty when there is none; the relay asks until it is.
  struct Pending {
    ConnectionId connection{};
    Direction direction = Direction::forward;
    OutputPlan plan;
  };
  [[nodiscard]] virtual std::optional<Pending> take_pending() = 0;

  /// The note's bytes were sent: advances the observed state of the migration. Returns the notices.
  virtual const std::vector<Notice>& delivered(const Note& note) = 0;

  [[nodiscard]] virtual const ConnectionParser& connection(ConnectionId id) const = 0;
  /// Both are of one migration, or both of none that is known. A silent connection is its preempt channel.
  [[nodiscard]] virtual bool belong_together(ConnectionId one, ConnectionId other) const = 0;
  [[nodiscard]] virtual const MigrationSet& migrations() const noexcept = 0;
  /// Sentences for the log and the trace that came up since the last call: a rule switched off, a rule that
  /// came too late, a parse error with its offset. Cleared by the call.
  [[nodiscard]] virtual std::vector<std::string> take_warnings() = 0;
};

}  // namespace mig::proxy
