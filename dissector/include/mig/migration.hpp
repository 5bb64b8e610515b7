// SPDX-License-Identifier: GPL-2.0-or-later
// What a passive observer of both directions can know about one migration.
#pragma once
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "mig/basic_connection.hpp"
#include "mig/events.hpp"
#include "mig/stream_tables.hpp"

namespace mig {

/// Named after QEMU's states as far as the wire shows them; `package` is the time while the package is in
/// flight.
enum class Phase : std::uint8_t {
  setup,
  precopy,
  switchover,
  package,
  postcopy_device,
  postcopy_active,
  postcopy_paused,
  recovery,
  completed,
  failed,
  unknown,  ///< joined in the middle, and nothing seen yet that tells
};
[[nodiscard]] std::string_view to_string(Phase phase) noexcept;  // "postcopy-device"

/// What RAM records belong to: the destination loads them by other code from LISTEN on.
enum class RamStage : std::uint8_t {
  precopy,
  postcopy,
  unknown,  ///< LISTEN may have been among bytes that were not seen
};

/// A PING that was delivered, and whether its PONG was.
struct PingState {
  std::uint32_t value = 0;
  bool in_package = false;
  bool answered = false;
};

/// A turning point, told once, when it is reached.
enum class Notice : std::uint8_t {
  phase_changed,
  package_delivered,           ///< the destination has all it needs to start loading the devices
  destination_may_run,         ///< POSTCOPY_RUN was delivered, or a precopy stream ended
  source_may_not_go_back,      ///< PONG 0x42 was delivered, or an old source has sent the package
  source_may_go_back_again,    ///< all was sent, but SHUT is not read: a broken return path makes an 11.1
                               ///< source resume
  destination_reported_error,  ///< SHUT with a value other than 0
  destination_done,            ///< SHUT 0
  two_runners_possible,  ///< the link broke while the destination may run and the source may still go back
  source_may_resume,     ///< the link broke before the source gave up its right to go back
};
[[nodiscard]] std::string_view explain(Notice notice) noexcept;  // plain words

/// What an unanswered PING waits for, in plain words.
[[nodiscard]] std::string_view waits_for(const PingState& ping) noexcept;

/// Which connection and direction an event was seen on.
struct EventOrigin {
  ConnectionId connection{};
  ChannelKind channel = ChannelKind::unknown;
  Direction direction = Direction::forward;
};

/// The tables that outlive a connection, the connections of one migration, and the state derived from what
/// was *delivered*. Whoever feeds it decides what counts as delivered: a capture shows everything, a proxy
/// leaves out what it dropped. Bounded: one entry per connection and per distinct PING value (at most
/// `max_pings`).
class Migration {
 public:
  static constexpr std::size_t max_pings = 64;
  explicit Migration(MigrationId id) : id_(id) {}

  /// Notices are appended to `notices` (cleared first).
  void delivered(const EventOrigin& origin, const Event& event, std::vector<Notice>& notices);
  /// A connection of this migration ended; `reset` tells an abort, by the sender of the origin's direction,
  /// from an orderly end of stream.
  void closed(const EventOrigin& origin, bool reset, std::vector<Notice>& notices);

  /// Its main channel was joined in the middle: the phase is not known, nor, perhaps, what it has named.
  void main_unseen() noexcept;

  [[nodiscard]] MigrationId id() const noexcept { return id_; }
  [[nodiscard]] StreamTables& tables() noexcept { return tables_; }
  [[nodiscard]] const StreamTables& tables() const noexcept { return tables_; }
  [[nodiscard]] Phase phase() const noexcept { return phase_; }
  [[nodiscard]] const std::vector<PingState>& pings() const noexcept { return pings_; }
  [[nodiscard]] bool destination_may_run() const noexcept { return destination_may_run_; }
  /// The source may resume its guest if this migration fails now.
  [[nodiscard]] bool source_can_go_back() const noexcept { return source_can_go_back_; }
  [[nodiscard]] bool postcopy() const noexcept { return package_delivered_; }
  /// The beginning of the stream was delivered, or something that only a later part of it can bring about.
  [[nodiscard]] bool begun() const noexcept { return begun_; }
  /// PONG 0x42 was delivered.
  [[nodiscard]] bool pong_loaded() const noexcept { return pong_loaded_; }
  /// The EOF mark was delivered.
  [[nodiscard]] bool stream_ended() const noexcept { return stream_ended_; }
  [[nodiscard]] std::optional<std::uint32_t> shut() const noexcept { return shut_; }
  [[nodiscard]] bool beginning_seen() const noexcept { return beginning_seen_; }

  /// Of a record that is delivered now on a channel of this kind.
  [[nodiscard]] RamStage ram_stage(ChannelKind kind) const noexcept;
  /// Records of unknown stage may be of postcopy. False: all of them were of precopy, as was seen later.
  [[nodiscard]] bool listen_unseen() const noexcept { return listen_unseen_; }

  struct Connection {
    ConnectionId id{};
    ChannelKind kind = ChannelKind::unknown;
    bool open = true;
  };
  [[nodiscard]] const std::vector<Connection>& connections() const noexcept { return connections_; }
  void add_connection(ConnectionId id, ChannelKind kind) { connections_.push_back({id, kind, true}); }
  /// True for a connection of kind main or main-resumed that has not ended.
  [[nodiscard]] bool main_open() const noexcept;
  /// Has had a connection of this kind.
  [[nodiscard]] bool has(ChannelKind kind) const noexcept;

 private:
  void set_phase(Phase phase, std::vector<Notice>& notices);
  void forward_event(const Event& event, std::vector<Notice>& notices);
  void return_path_event(const Event& event, std::vector<Notice>& notices);

  void switchover_began(std::vector<Notice>& notices);
  void open_package(std::vector<Notice>& notices);
  void package_delivered(std::vector<Notice>& notices);
  void package_went_unseen(std::vector<Notice>& notices);
  void package_loaded(std::vector<Notice>& notices);
  void stream_ended(std::vector<Notice>& notices);
  void answer(std::uint32_t value);
  void pong_received(std::uint32_t value, std::vector<Notice>& notices);
  void page_requested(std::vector<Notice>& notices);
  void note_gap(Direction direction, const Event& event) noexcept;
  [[nodiscard]] bool end_unseen() const noexcept;

  MigrationId id_{};
  StreamTables tables_;
  Phase phase_ = Phase::setup;
  std::vector<PingState> pings_;
  std::vector<Connection> connections_;
  std::optional<std::uint32_t> shut_;
  bool begun_ = false;
  bool gaps_ = false;  // not every byte of the main channel was seen
  bool beginning_seen_ = true;
  bool bytes_missing_ = false;   // the observer lacks some of the main channel
  bool answers_unseen_ = false;  // not all of the return path was seen
  bool last_unseen_ = false;     // nor what the source sent last
  bool listen_unseen_ = false;   // LISTEN may have been in what was not seen
  bool return_path_open_ = false;
  bool package_delivered_ = false;
  bool ping_loaded_ = false;  // the package holds PING 0x42
  bool pong_loaded_ = false;  // PONG 0x42 reached the source
  bool run_in_package_ = false;
  bool package_open_ = false;
  bool package_has_gaps_ = false;  // PING 0x42 may have been in them
  bool destination_may_run_ = false;
  bool source_can_go_back_ = true;
  bool stream_ended_ = false;  // EOF mark delivered
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
