// SPDX-License-Identifier: GPL-2.0-or-later
// All that one migproxy process knows of the migrations that pass through it: parsers, rules, phases. No I/O,
// no clock, no threads: bytes and events in, output plans out.
#pragma once
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "proxy/engine/relay_session.hpp"
#include "proxy/engine/rule_book.hpp"

namespace mig::proxy {

class FaultEngine;
class FaultSession;

struct SessionOptions {
  std::uint64_t seed = 0;   ///< for chance= and jitter=
  bool note_pages = false;  ///< a Note for every page record too (--log-pages); else they are only counted
  bool note_parts = false;  ///< a Note for what a unit has behind its header, except payload (--log)
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
  std::uint64_t ineffective = 0;  ///< times that it fitted a unit and nothing came of it; not in `fired`
  std::string never_fired;        ///< why, if it has not: "5 pongs passed, none with value=0x42"
  std::optional<std::string>
      off_because;  ///< e.g. "forward stream of connection 1 unreadable from offset 0x1f: ..."
};

/// A unit that enters the stream at its next boundary: injected, or held before.
struct Insertion {
  Event event;
  std::vector<std::byte> bytes;
  RuleIndex rule{};
  Decision decision = Decision::injected;
  bool readable = true;  ///< the receiver gets what `event` says
  bool garbles = false;  ///< and cannot read what follows
};

/// What a delivered unit sets off.
struct Reaction {
  enum class Kind : std::uint8_t {
    on,            ///< the rule's on= has come true
    until,         ///< what the rule holds may go
    close_others,  ///< the rule has ended its own connection and now ends the others that channel= names
  };
  RuleIndex rule{};
  Kind kind = Kind::on;
};

/// One connection: its parser and an engine for each direction.
struct LinkedConnection {
  LinkedConnection(FaultSession& session, MigrationSet& set, ConnectionId id);
  ~LinkedConnection();
  [[nodiscard]] FaultEngine& engine(Direction direction) {
    return direction == Direction::forward ? *forward : *back;
  }

  ConnectionParser parser;
  std::unique_ptr<FaultEngine> forward;
  std::unique_ptr<FaultEngine> back;
};

class FaultSession final : public RelaySession {
 public:
  FaultSession(std::vector<FaultRule> rules, SessionOptions options = {});
  ~FaultSession() override;

  // ---- for the relay: see RelaySession

  ConnectionId open_connection(OutputPlan& plan) override;
  [[nodiscard]] bool watched_only(Direction direction) const noexcept override;
  void feed(ConnectionId id, Direction direction, Bytes chunk, OutputPlan& plan) override;
  void idle(ConnectionId id, Direction direction, OutputPlan& plan) override;
  [[nodiscard]] std::size_t held(ConnectionId id, Direction direction) const noexcept override;
  void end_of_stream(ConnectionId id, Direction direction, OutputPlan& plan) override;
  const std::vector<Notice>& closed(ConnectionId id, Direction from, bool reset) override;
  void signal(int number) override;
  void release(HoldId hold) override;
  [[nodiscard]] bool released(HoldId hold) const noexcept override { return !holds_.contains(hold); }
  [[nodiscard]] std::optional<Pending> take_pending() override;
  const std::vector<Notice>& delivered(const Note& note) override;
  [[nodiscard]] const ConnectionParser& connection(ConnectionId id) const override;
  [[nodiscard]] bool belong_together(ConnectionId one, ConnectionId other) const override;
  [[nodiscard]] const MigrationSet& migrations() const noexcept override { return migrations_; }
  [[nodiscard]] std::vector<std::string> take_warnings() override { return std::exchange(warnings_, {}); }

  // ---- for the summary

  [[nodiscard]] std::vector<UnitCount> unit_counts() const;
  [[nodiscard]] std::vector<RuleReport> rules() const;
  /// True when every rule fired at least once.
  [[nodiscard]] bool all_fired() const;
  /// Connections, holds and reactions that are kept. Nothing is kept for a connection that has ended.
  [[nodiscard]] std::size_t retained() const noexcept {
    return connections_.size() + holds_.size() + reactions_.size() + pending_.size();
  }

  // ---- for the engines

  [[nodiscard]] RuleBook& book() noexcept { return book_; }
  [[nodiscard]] const RuleBook& book() const noexcept { return book_; }
  [[nodiscard]] const SessionOptions& options() const noexcept { return options_; }
  /// A hold of that engine's unit, or of a whole direction (no engine); it ends with its connection.
  [[nodiscard]] HoldId new_hold(RuleIndex rule, const Migration* migration, ConnectionId connection,
                                FaultEngine* engine);
  void release_rule(RuleIndex rule, const Migration* migration);
  /// The steps that let a direction of `connection` wait as for=, jitter= and until= say.
  [[nodiscard]] std::vector<Step> wait_steps(RuleIndex rule, const Migration* migration,
                                             ConnectionId connection);
  /// Reactions to a unit of `connection`, to run when it was sent. The number is for Note::trigger.
  [[nodiscard]] std::uint32_t defer(ConnectionId connection, std::vector<Reaction> reactions);
  /// The unit that an inject rule makes.
  [[nodiscard]] Insertion injection(RuleIndex rule, Migration& migration) const;
  void warn(std::string sentence) { warnings_.push_back(std::move(sentence)); }

 private:
  struct Hold {
    RuleIndex rule{};
    const Migration* migration = nullptr;
    ConnectionId connection{};
    FaultEngine* engine = nullptr;
  };
  struct Deferred {
    ConnectionId connection{};
    std::vector<Reaction> reactions;
  };
  /// What a connection is taken for. One that has not said a word while a postcopy migration is open is its
  /// preempt channel: QEMU opens it long before the first urgent page.
  struct Membership {
    const Migration* migration = nullptr;
    ChannelKind kind = ChannelKind::unknown;
  };
  [[nodiscard]] LinkedConnection& linked(ConnectionId id) const { return *connections_.at(id); }
  [[nodiscard]] Membership membership(const LinkedConnection& connection) const;
  void forget(ConnectionId id);
  void forget(Migration& migration);
  void count_units(const LinkedConnection& connection, std::vector<UnitCount>& sums) const;

  template <class Fits>
  void release_if(Fits fits);
  void run_reactions(std::uint32_t trigger, const Note& note);
  void phase_entered(Migration& migration);
  /// inject and closing actions whose moment has come. `origin` is the connection the moment was seen on.
  void act(RuleIndex rule, Migration* migration, std::optional<ConnectionId> origin);
  [[nodiscard]] bool inject(RuleIndex rule, Migration& migration);
  [[nodiscard]] bool close(RuleIndex rule, const Migration* migration, std::optional<ConnectionId> origin,
                           bool others_only);
  void close_one(RuleIndex rule, LinkedConnection& connection);
  void warn_no_target(RuleIndex rule, const Migration* migration);
  /// What waits for a unit boundary of this engine is sent, if it is at one.
  void flush(FaultEngine& engine);

  RuleBook book_;
  SessionOptions options_;
  MigrationSet migrations_;
  std::map<ConnectionId, std::unique_ptr<LinkedConnection>> connections_;
  std::map<HoldId, Hold> holds_;  // not yet released
  std::map<std::uint32_t, Deferred> reactions_;
  std::deque<Pending> pending_;
  std::vector<UnitCount> ended_counts_;  // of connections that have ended
  std::vector<Notice> notices_;
  std::vector<std::string> warnings_;
  std::uint32_t next_connection_ = 0;
  std::uint32_t next_hold_ = 0;
  std::uint32_t next_reaction_ = 1;
};

/// The plan's word for a closing action.
/// "connection 2", as people are shown it.
[[nodiscard]] std::string numbered(ConnectionId id);

}  // namespace mig::proxy
