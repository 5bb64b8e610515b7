// SPDX-License-Identifier: GPL-2.0-or-later
// All that one migproxy process knows of the migrations that pass through it: parsers, rules, phases. No I/O,
// no clock, no threads: bytes and happenings in, output plans out.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "mig/migration.hpp"
#include "proxy/engine/output_plan.hpp"
#include "proxy/rules/fault_rule.hpp"

namespace mig::proxy {

struct SessionOptions {
  std::uint64_t seed = 0;   ///< for chance= and jitter=
  bool note_pages = false;  ///< a Note for every page record too (--log-pages); else they are only counted
  bool note_parts = false;  ///< a Note for what stands in a unit behind its header, except contents (--log)
  bool note_packet_pages = false;  ///< and for the page offsets of multifd packets (--log-pages)
  /// The longest unit or package that is kept whole for a rule, in bytes; the rule is off for longer ones.
  std::size_t unit_limit = std::size_t{256} << 20;
};

/// Units of one kind in one direction.
struct UnitCount {
  std::string_view unit;
  Direction direction;
  std::uint64_t count;
};

struct RuleReport {
  std::string text;  ///< the rule, printed back
  std::uint64_t fired = 0;
  std::uint64_t in_vain = 0;  ///< so often it acted and nothing came of it; not in `fired`
  std::optional<std::string>
      off_because;  ///< e.g. "forward stream of connection 1 unreadable from offset 0x1f: ..."
};

class FaultSession {
 public:
  FaultSession(std::vector<FaultRule> rules, SessionOptions options = {});
  ~FaultSession();

  /// A connection was accepted (connections are numbered from 0 in that order). The plan may hold the connect
  /// back (WaitFor, Pause) or close it.
  ConnectionId open_connection(OutputPlan& plan);

  /// True while no rule can ever touch this direction: the relay sends the bytes first and feeds them
  /// afterwards, ignoring the plan's Sends (it still executes Notes).
  [[nodiscard]] bool watched_only(Direction direction) const noexcept;

  /// `chunk` stays valid until the plan was executed.
  void feed(ConnectionId id, Direction direction, Bytes chunk, OutputPlan& plan);
  /// Nothing came for a while: bytes of an unfinished header leave now, so that no held byte can stall a
  /// migration. A rule that wanted that unit is reported as too late.
  void idle(ConnectionId id, Direction direction, OutputPlan& plan);
  /// Bytes accepted and not yet in any plan (an unfinished header).
  [[nodiscard]] std::size_t held(ConnectionId id, Direction direction) const noexcept;
  /// The sender's end of stream. The plan ends with Close{half_close} unless a rule says otherwise.
  void end_of_stream(ConnectionId id, Direction direction, OutputPlan& plan);
  /// The connection is gone: `reset` by a peer (or by a rule), or both directions have ended. Returns what
  /// turned, as delivered() does.
  const std::vector<Notice>& closed(ConnectionId id, Direction from, bool reset);

  /// A signal for `until=SIGUSR1`, `on=SIGUSR2`; a timer for a StartTimer step.
  void signal(int number);
  void release(HoldId hold);
  [[nodiscard]] bool released(HoldId hold) const noexcept;

  /// Plans for other directions that the calls above produced (a hold released, an injection, a reset of all
  /// connections). Empty when there is none; the relay asks until it is.
  struct Pending {
    ConnectionId connection{};
    Direction direction = Direction::forward;
    OutputPlan plan;
  };
  [[nodiscard]] std::optional<Pending> take_pending();

  /// The note's bytes have left: lets the migration's observed state go on. Returns what turned.
  const std::vector<Notice>& delivered(const Note& note);

  [[nodiscard]] const ConnectionParser& connection(ConnectionId id) const;
  /// Both are of one migration, or both of none that is known. A silent connection is its preempt channel.
  [[nodiscard]] bool belong_together(ConnectionId one, ConnectionId other) const;
  [[nodiscard]] const MigrationSet& migrations() const noexcept;
  [[nodiscard]] std::vector<UnitCount> unit_counts() const;
  [[nodiscard]] std::vector<RuleReport> rules() const;
  /// True when every rule fired at least once.
  [[nodiscard]] bool all_fired() const;
  /// Sentences for the log and the trace that came up since the last call: a rule switched off, a rule that
  /// came too late, a parse error with its offset. Cleared by the call.
  [[nodiscard]] std::vector<std::string> take_warnings();

 private:
  std::unique_ptr<class SessionCore> core_;
  std::vector<Notice> notices_;
};

}  // namespace mig::proxy
