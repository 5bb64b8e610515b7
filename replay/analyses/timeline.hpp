// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "replay/analyses/clock.hpp"
#include "replay/analyses/migration_analysis.hpp"
#include "replay/per_migration.hpp"

namespace mig::replay {

/// Something of one migration that has a place on the clock.
struct Mark {
  std::string what;  ///< the unit's name ("ping", "discard", ...), or "connected", "first-page",
                     ///< "last-precopy-page", "first-postcopy-page", "first-request",
                     ///< "first-request-after-load", "device", "phase", "notice", "closed", "reset"
  std::string text;  ///< one line for people
  Time time{};
  std::optional<Time> end;         ///< of what takes time: "package", "device", runs of discards
  std::optional<Time> since_ping;  ///< "pong": how long after its PING
  std::uint64_t packet = 0, offset = 0, bytes = 0;
  ConnectionId connection{};
  ChannelKind channel = ChannelKind::unknown;
  Direction direction = Direction::forward;
  std::optional<std::uint32_t> value;  ///< of a PING, PONG or SHUT
  std::string idstr;                   ///< "device"
  std::uint32_t section_id = 0, instance_id = 0, version_id = 0;
  bool in_package = false;
};

/// When a guest stopped or ran, as closely as the wire tells. Times are those of the capture point.
struct Between {
  std::optional<Time> not_before, not_after;
  std::string not_before_by, not_after_by;  ///< what says so
};

/// What hints at the moment at which the destination's guest began to run.
struct StartSigns {
  std::optional<Time> loaded;         ///< in postcopy: the first PONG that says that the devices are loaded
  std::optional<Time> answer_before;  ///< the newest message of the destination before it, in another packet
  std::optional<Time> request;        ///< the first page request since the devices are loaded
  std::optional<Time> finished;       ///< in precopy: SHUT 0, or without a return path the destination's FIN
};

/// The switchover of one migration on one clock.
struct Timeline {
  const Migration* migration = nullptr;
  std::vector<Mark> marks;  ///< by time
  Between stopped;          ///< the source's guest
  Between runs;             ///< the destination's guest
  StartSigns start_signs;
  std::uint64_t left_out = 0;
  static constexpr std::size_t max_marks = 20000;
};

/// What the text shows.
struct TimelineView {
  TimeStyle time = TimeStyle::relative;
  bool devices = false;  ///< a row for each device section, not one for those that follow each other
};

/// JSON: docs/replay-schema.md, "timeline".
class TimelineAnalysis final : public MigrationAnalysis {
 public:
  void event(const EventContext& context, const Event& event, Bytes raw) override;
  /// Only the first and the last page of a migration have a mark.
  void whole_pages(const EventContext& context, std::span<const Event> pages, Bytes raw) override;
  void notice(const EventContext& context, Notice notice) override;
  void ended(const EventContext& context, const PeerEnd& end) override;
  void closed(const EventContext& context, bool reset) override;
  void finished(Time time) override;

  void show(const TimelineView& view) { view_ = view; }
  /// Text: one line per mark, with its distance from the moment the switchover began.
  [[nodiscard]] std::string text(const Migration& migration, Time start) override;
  [[nodiscard]] boost::json::object json(const Migration& migration, Time start) override;
  [[nodiscard]] const Timeline& of(const Migration& migration) { return states_[migration]; }
  /// By migration. Valid after finished().
  [[nodiscard]] std::vector<const Timeline*> migrations() const { return states_.list<Timeline>(); }

 private:
  struct State : Timeline {
    explicit State(const Migration& m) { migration = &m; }
    std::map<ConnectionId, bool> known;
    std::optional<std::pair<EventContext, Event>> last_page;  // of precopy, so far
    std::optional<std::size_t> device, package, discards;     // marks that are still going on
    bool page_seen = false, postcopy_page_seen = false, request_seen = false;
    bool request_after_load_seen = false, loaded = false;
    std::optional<Time> newest_answer, answer_before;  // of the destination; the one in another packet
  };
  struct Writer;

  static Mark* add(State& state, Mark mark);
  static void switchover_began(State& state, const EventContext& context);

  PerMigration<State> states_;
  TimelineView view_;
};

}  // namespace mig::replay
