// SPDX-License-Identifier: GPL-2.0-or-later
// One migration as a passive observer of both directions sees it, and which connections belong to it.
#pragma once
#include <deque>
#include <map>
#include <vector>

#include "mig/history/history.hpp"
#include "mig/stream_tables.hpp"

namespace mig {

/// The tables that outlive a connection, the connections of one migration, and its history. Whoever feeds it
/// decides what counts as delivered: a capture shows everything, a proxy leaves out what it dropped. Bounded:
/// one entry per connection, and the exchanges of its history.
class Migration {
 public:
  explicit Migration(MigrationId id, std::size_t max_exchanges = few_exchanges)
      : id_(id), history_(max_exchanges) {}

  /// As History::delivered().
  void delivered(const Place& at, const Event& event, std::vector<Notice>& notices,
                 bool from_the_start = true) {
    history_.delivered(at, event, tables_, from_the_start, notices);
  }
  /// A connection of this migration ended; `reset`: an abort by the sender of that direction, not an orderly
  /// end of stream. `notices` are cleared first.
  void closed(const Place& at, bool reset, std::vector<Notice>& notices);
  /// Its main channel was joined in the middle: the phase is not known, nor, perhaps, what it has named.
  void main_unseen() noexcept;

  [[nodiscard]] MigrationId id() const noexcept { return id_; }
  [[nodiscard]] StreamTables& tables() noexcept { return tables_; }
  [[nodiscard]] const StreamTables& tables() const noexcept { return tables_; }
  [[nodiscard]] History& history() noexcept { return history_; }
  [[nodiscard]] const History& history() const noexcept { return history_; }
  [[nodiscard]] const Phases& phases() const noexcept { return history_.phases(); }
  [[nodiscard]] Phase phase() const noexcept { return phases().phase(); }
  /// Of a record that is delivered now on a channel of this kind.
  [[nodiscard]] RamStage ram_stage(ChannelKind kind) const noexcept {
    if (kind == ChannelKind::multifd) return RamStage::precopy;
    if (kind == ChannelKind::preempt || tables_.listening || phases().postcopy()) return RamStage::postcopy;
    return phases().listen_unseen() ? RamStage::unknown : RamStage::precopy;
  }

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
  MigrationId id_{};
  StreamTables tables_;
  History history_;
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
class MigrationSet final : public MembershipRegister {
 public:
  /// As many exchanges of each migration are kept, the first ones.
  explicit MigrationSet(std::size_t max_exchanges = few_exchanges) : max_exchanges_(max_exchanges) {
    empty_tables_.incomplete = true;
  }

  /// To be said before the connection's first byte.
  void set_route(ConnectionId id, const Route& route) { routes_[id] = route; }
  [[nodiscard]] Membership join(ConnectionId id, ChannelKind kind) override;
  /// RAM records beside an open main channel are taken for a preempt channel. A main channel joins a
  /// migration that has none, or that waits for its recovery, else begins one of which nothing is known.
  [[nodiscard]] Membership join_mid_stream(ConnectionId id, ChannelKind seen) override;
  [[nodiscard]] const StreamTables& empty_tables() const noexcept override { return empty_tables_; }
  [[nodiscard]] const StreamTables* open_to_preempt(ConnectionId id) const noexcept override {
    const auto* migration = preemptible(id);
    return migration != nullptr ? &migration->tables() : nullptr;
  }

  /// The migration that this connection would join if it is a preempt channel; nullptr: none.
  [[nodiscard]] const Migration* preemptible(ConnectionId id) const noexcept;
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

  std::size_t max_exchanges_;
  std::deque<Migration> migrations_;  // deque: references stay valid
  // Those that a main channel may join, and those that another one may, so that not all are searched for
  // each connection. One for which that is over is taken out when it is come across.
  mutable Numbers without_main_, joinable_;
  std::map<ConnectionId, Route> routes_;
  StreamTables empty_tables_;
};

}  // namespace mig
