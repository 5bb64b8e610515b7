// SPDX-License-Identifier: GPL-2.0-or-later
// What the engines of all connections share: rules and counters, migrations, waiting units, and the way one
// direction's unit acts on another direction.
#pragma once
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "proxy/engine/fault_session.hpp"
#include "proxy/engine/rule_book.hpp"

namespace mig::proxy {

class FaultEngine;
class SessionCore;

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
struct TriggerHit {
  enum class Kind : std::uint8_t {
    on,          ///< the rule's on= has come true
    until,       ///< what the rule holds may go
    act_others,  ///< the rule has ended its own connection and now ends the others that channel= names
  };
  RuleIndex rule{};
  Kind kind = Kind::on;
};

/// One connection: its parser and an engine for each direction.
struct LinkedConnection {
  LinkedConnection(SessionCore& core, MigrationSet& set, ConnectionId id);
  ~LinkedConnection();
  [[nodiscard]] FaultEngine& engine(Direction direction) {
    return direction == Direction::forward ? *forward : *back;
  }

  ConnectionParser parser;
  std::unique_ptr<FaultEngine> forward;
  std::unique_ptr<FaultEngine> back;
  bool open = true;
};

/// Shared by the engines; owned by FaultSession.
class SessionCore {
 public:
  SessionCore(std::vector<FaultRule> rules, SessionOptions options);
  ~SessionCore();

  LinkedConnection& add_connection();
  [[nodiscard]] LinkedConnection& connection(ConnectionId id) {
    return *connections_[static_cast<std::size_t>(id)];
  }

  /// What a connection is taken for. One that has not said a word while a postcopy migration is open is its
  /// preempt channel: QEMU opens it long before the first urgent page.
  struct Standing {
    const Migration* migration = nullptr;
    ChannelKind kind = ChannelKind::unknown;
  };
  [[nodiscard]] Standing standing(const LinkedConnection& connection) const;

  // Waiting
  [[nodiscard]] HoldId new_hold(RuleIndex rule, const Migration* migration, FaultEngine* engine);
  void release(HoldId hold);
  [[nodiscard]] bool released(HoldId hold) const noexcept;
  void release_rule(RuleIndex rule, const Migration* migration);
  /// The steps that let a direction stand still as for=, jitter= and until= say.
  [[nodiscard]] std::vector<Step> wait_steps(RuleIndex rule, const Migration* migration);

  // Acting across directions
  [[nodiscard]] std::uint32_t add_hits(std::vector<TriggerHit> hits);
  void run_hits(std::uint32_t trigger, const Note& note);
  void signal(int number);
  void phase_entered(Migration& migration);
  /// inject and closing actions whose moment has come. `origin` is the connection the moment was seen on.
  void act(RuleIndex rule, Migration* migration, std::optional<ConnectionId> origin);
  /// The unit that an inject rule makes.
  [[nodiscard]] Insertion injection(RuleIndex rule, Migration& migration) const;
  /// What waits for a unit boundary of this engine leaves, if it is at one.
  void flush(FaultEngine& engine);

  void warn(std::string sentence) { warnings_.push_back(std::move(sentence)); }

  RuleBook book;
  SessionOptions options;
  MigrationSet migrations;
  std::deque<FaultSession::Pending> pending;

  [[nodiscard]] std::vector<std::string> take_warnings() { return std::exchange(warnings_, {}); }
  [[nodiscard]] std::vector<std::unique_ptr<LinkedConnection>>& connections() noexcept {
    return connections_;
  }

 private:
  struct Hold {
    RuleIndex rule{};
    const Migration* migration = nullptr;
    FaultEngine* engine = nullptr;
    bool released = false;
  };
  [[nodiscard]] bool inject(RuleIndex rule, Migration& migration);
  [[nodiscard]] bool close(RuleIndex rule, const Migration* migration, std::optional<ConnectionId> origin,
                           bool others_only);
  void found_none(RuleIndex rule, const Migration* migration);
  void close_one(RuleIndex rule, LinkedConnection& connection);

  std::vector<std::unique_ptr<LinkedConnection>> connections_;
  std::vector<Hold> holds_;
  std::unordered_map<std::uint32_t, std::vector<TriggerHit>> hits_;
  std::uint32_t next_hits_ = 1;
  std::vector<std::string> warnings_;
};

/// The plan's word for a closing action.
[[nodiscard]] CloseHow close_how(Action action) noexcept;
/// "connection 2", as people are shown it.
[[nodiscard]] std::string numbered(ConnectionId id);

}  // namespace mig::proxy
