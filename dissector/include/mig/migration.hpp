// SPDX-License-Identifier: GPL-2.0-or-later
// One migration as a passive observer of both directions sees it, and which connections belong to it.
#pragma once
#include <deque>
#include <map>
#include <string_view>
#include <vector>

#include "mig/phases.hpp"
#include "mig/stream_tables.hpp"

namespace mig {

/// A PING that was delivered, and whether its PONG was.
struct PingState {
  std::uint32_t value = 0;
  bool in_package = false;
  bool answered = false;
};

/// What an unanswered PING waits for, in plain words.
[[nodiscard]] std::string_view waits_for(const PingState& ping) noexcept;

/// The tables that outlive a connection, the connections of one migration, its phases and its PINGs. Whoever
/// feeds it decides what counts as delivered: a capture shows everything, a proxy leaves out what it dropped.
/// Bounded: one entry per connection, and at most `max_pings` PINGs.
class Migration {
 public:
  static constexpr std::size_t max_pings = 64;
  explicit Migration(MigrationId id) : id_(id) {}

  /// Notices are appended to `notices` (cleared first).
  void delivered(const EventOrigin& origin, const Event& event, std::vector<Notice>& notices);
  /// A connection of this migration ended; `reset`: an abort by the sender of the origin's direction,
  /// not an orderly end of stream.
  void closed(const EventOrigin& origin, bool reset, std::vector<Notice>& notices);
  /// Its main channel was joined in the middle: the phase is not known, nor, perhaps, what it has named.
  void main_unseen() noexcept;

  [[nodiscard]] MigrationId id() const noexcept { return id_; }
  [[nodiscard]] StreamTables& tables() noexcept { return tables_; }
  [[nodiscard]] const StreamTables& tables() const noexcept { return tables_; }
  [[nodiscard]] const Phases& phases() const noexcept { return phases_; }
  [[nodiscard]] Phase phase() const noexcept { return phases_.phase(); }
  [[nodiscard]] const std::vector<PingState>& pings() const noexcept { return pings_; }
  /// Of a record that is delivered now on a channel of this kind.
  [[nodiscard]] RamStage ram_stage(ChannelKind kind) const noexcept;

  struct Connection {
    ConnectionId id{};
    ChannelKind kind = ChannelKind::unknown;
    bool open = true;
  };
  [[nodiscard]] const std::vector<Connection>& connections() const noexcept { return connections_; }
  void add_connection(ConnectionId id, ChannelKind kind) { connections_.push_back({id, kind, true}); }
  /// True for a connection of kind main or main-resumed that has not ended.
  [[nodiscard]] bool main_open() const noexcept;
  /// It has completed or failed, and all its connections have ended.
  [[nodiscard]] bool is_over() const noexcept;
  /// Has had a connection of this kind.
  [[nodiscard]] bool has(ChannelKind kind) const noexcept;

 private:
  void note_ping(const EventBody& body);

  MigrationId id_{};
  StreamTables tables_;
  Phases phases_;
  std::vector<PingState> pings_;
  std::vector<Connection> connections_;
};

/// Where a connection leads, as far as its observer can tell. Equal numbers mean the same; 0: not known.
struct Route {
  std::uint64_t host = 0;
  std::uint64_t port = 0;
  friend bool operator==(const Route&, const Route&) = default;
};

/// All migrations seen by one observer: joins connections to them.
///
/// main starts a new migration, or completes one of which only multifd channels were seen; multifd joins the
/// newest migration that has a main channel without end, else starts one; preempt joins the newest migration
/// that was advised or is recovering; main-resumed joins the newest one whose main connection broke after its
/// package was delivered. All of it among the migrations whose connections lead to the same place, where that
/// is known: two may be under way at the same time. A recovery may lead elsewhere; the same host comes first.
class MigrationSet {
 public:
  MigrationSet() { empty_tables_.incomplete = true; }

  /// To be said before the connection's first byte.
  void set_route(ConnectionId id, const Route& route) { routes_[id] = route; }
  [[nodiscard]] Migration& join(ConnectionId id, ChannelKind kind);

  struct Joined {
    Migration& migration;
    ChannelKind kind;
  };
  /// The same for a connection that was joined in mid-stream. `preempt`: RAM records were seen, which the
  /// main channel carries, too: beside an open main channel they are taken for a preempt channel. A main
  /// channel joins a migration that has none, or that waits for its recovery, else begins one of which
  /// nothing is known.
  [[nodiscard]] Joined join_mid_stream(ConnectionId id, ChannelKind seen);
  /// Empty tables, for a search that does not know its migration yet.
  [[nodiscard]] const StreamTables& empty_tables() const noexcept { return empty_tables_; }

  /// The migration that this connection would join if it is a preempt channel; nullptr: none.
  [[nodiscard]] const Migration* open_to_preempt(ConnectionId id) const noexcept;
  [[nodiscard]] const std::deque<Migration>& all() const noexcept { return migrations_; }
  [[nodiscard]] std::deque<Migration>& all() noexcept { return migrations_; }

 private:
  [[nodiscard]] Route route(ConnectionId id) const noexcept;
  [[nodiscard]] bool leads_to(const Migration& migration, ConnectionId id, bool same_port) const noexcept;
  template <class Fits>
  [[nodiscard]] const Migration* newest(ConnectionId id, bool same_port, Fits fits) const noexcept;
  using Numbers = std::vector<std::uint32_t>;  // of migrations, ascending
  template <class Over, class Fits>
  [[nodiscard]] const Migration* newest_of(Numbers& numbers, ConnectionId id, Over over,
                                           Fits fits) const noexcept;
  [[nodiscard]] const Migration* candidate(ConnectionId id, ChannelKind kind) const noexcept;

  std::deque<Migration> migrations_;  // deque: references stay valid
  // Those that a main channel may join, and those that another one may, so that not all are searched for
  // each connection. One for which that is over is taken out when it is come across.
  mutable Numbers without_main_, joinable_;
  std::map<ConnectionId, Route> routes_;
  StreamTables empty_tables_;
};

}  // namespace mig
