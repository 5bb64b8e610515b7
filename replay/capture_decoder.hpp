// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <array>
#include <deque>
#include <span>
#include <vector>

#include "mig/history/migration.hpp"
#include "mig/resync/connection.hpp"
#include "replay/guess_buffer.hpp"
#include "replay/input/capture_reader.hpp"
#include "replay/past_moments.hpp"
#include "replay/per_migration.hpp"

namespace mig::replay {

/// Where and when an event was seen. `migration` is nullptr on connections that are no part of one.
struct EventContext {
  Migration* migration = nullptr;
  ConnectionId connection{};
  ChannelKind channel = ChannelKind::unknown;
  Direction direction = Direction::forward;
  Time time{};
  std::uint64_t packet = 0;  ///< of the capture, as Wireshark numbers them
  bool reversed = false;     ///< the connection's client is the destination: its start was not captured
  /// The direction as the capture has it: forward is from what was taken for the client.
  [[nodiscard]] Direction captured_direction() const noexcept {
    if (!reversed) return direction;
    return direction == Direction::forward ? Direction::return_path : Direction::forward;
  }
};

[[nodiscard]] inline When when_of(const EventContext& context) noexcept {
  return {context.time.count(), context.packet};
}

[[nodiscard]] inline Place place_of(const EventContext& context, const Event& event) noexcept {
  return {context.connection, context.channel, context.direction, event.range.begin, when_of(context)};
}

/// Bytes of an event that passed, whether or not they were captured.
[[nodiscard]] inline std::uint64_t bytes_passed(const Event& event) noexcept {
  return std::holds_alternative<Missing>(event.body) ? 0 : event.range.size();
}

/// Gets everything that is in a capture, in capture order: a summary, an event list, a timeline ...
class Consumer {
 public:
  virtual ~Consumer() = default;
  /// The capture's first packet: times are shown relative to it.
  virtual void started(Time) {}
  /// A comment on the packet that follows.
  virtual void comment(std::string_view, Moment) {}
  /// The same on a packet of a leg that is not read.
  virtual void comment_elsewhere(std::string_view, Moment) {}
  virtual void opened(ConnectionId, const ConnectionInfo&, Moment) {}
  /// The migration's state is that with this event delivered. `raw` is borrowed for the call.
  virtual void event(const EventContext&, const Event&, Bytes) {}
  /// PageRecords with their whole payload, one behind the other without a gap; `raw` is all of it. Nearly
  /// everything in a migration is such a run. The same as event() for each record and each Payload,
  /// which is what it does unless overridden.
  virtual void whole_pages(const EventContext& context, std::span<const Event> pages, Bytes raw);
  /// What was read behind a loss and never confirmed. Its bytes come again as Unparsed, in event(): those who
  /// do not show guesses need not know of them.
  virtual void guess(const EventContext&, const Event&, Bytes) {}
  /// A turning point, reported after the event that caused it.
  virtual void notice(const EventContext&, Notice) {}
  virtual void stalled(const EventContext&, const Stall&) {}
  /// The first packet of a direction came, whatever it carries.
  virtual void heard(const EventContext&) {}
  /// One side ended the connection with a FIN or a reset.
  virtual void ended(const EventContext&, const PeerEnd&) {}
  virtual void closed(const EventContext&, bool /*reset*/) {}
  /// What was captured after a reset of its connection: it was sent and never delivered. A consumer that
  /// asks what a source has sent takes it as an event.
  virtual void undelivered(const EventContext&, const Event&, Bytes) {}
  /// A segment repeats bytes that were read before, with other contents.
  virtual void conflicting(const EventContext&) {}
  /// What was read, reported before finished().
  virtual void counted(const CaptureStatistics&) {}
  /// At the end of the capture, for a connection that is still open: `bytes` of a direction begin a header
  /// whose rest did not come.
  virtual void unfinished(const EventContext&, std::uint64_t /*bytes*/) {}
  /// The capture has ended.
  virtual void finished(Time) {}

 protected:
  Consumer() = default;
  Consumer(const Consumer&) = default;
  Consumer& operator=(const Consumer&) = default;
};

/// Feeds the connections of a capture through the parsers and passes the events to the consumers. Page
/// payload that a recording omits on purpose comes as zeros. After missing bytes the parsers search for a
/// resync point; events from there on are emitted once they are confirmed, and those that never are stay
/// guesses.
class CaptureDecoder final : public CaptureSink {
 public:
  /// The consumers outlive the analysis.
  explicit CaptureDecoder(std::vector<Consumer*> consumers) : consumers_(std::move(consumers)) {}

  void started(Time time) override;
  void comment(std::string_view text, Moment moment) override;
  void comment_elsewhere(std::string_view text, Moment moment) override;
  void opened(ConnectionId id, const ConnectionInfo& info, Moment moment) override;
  void data(ConnectionId id, Direction direction, Bytes bytes, Moment moment) override;
  void missing(ConnectionId id, Direction direction, std::uint64_t count, Moment moment) override;
  void placed(ConnectionId id, Direction direction, const Segment& segment,
              std::optional<std::uint64_t> offset) override;
  void ended(ConnectionId id, Direction from, bool reset, Moment moment) override;
  void stalled(ConnectionId id, Direction direction, const Stall& stall) override;
  void conflicting(ConnectionId id, Direction direction, Moment moment) override;
  void closed(ConnectionId id, bool reset, Moment moment) override;
  /// A migration stream of a file begins: a connection with one direction.
  ConnectionId opened_stream(const StreamOrigin& origin);
  /// The file ends. Empty, or what is missing: then the stream stays open, since nobody knows how it goes on.
  [[nodiscard]] std::string stream_ended(ConnectionId id);
  /// End of the capture; connections still open stay so.
  void finish(Time time);
  /// The same, with what was read of it.
  void finish_capture(const CaptureStatistics& statistics);

  /// Of the capture's first packet.
  [[nodiscard]] Time start() const noexcept { return start_; }
  /// Of the streams of a file, in their order; empty for a capture.
  [[nodiscard]] const std::vector<StreamOrigin>& origins() const noexcept { return origins_; }
  [[nodiscard]] const MigrationSet& migrations() const noexcept { return set_; }
  [[nodiscard]] const std::deque<ResyncingConnection>& connections() const noexcept { return connections_; }

 private:
  struct Sink;
  /// What is remembered of one direction of a connection.
  struct DirectionState {
    PastMoments past;
    GuessBuffer guesses;
    bool pages_recorded = true, from_the_start = true;
    bool heard = false;        // a packet of it was captured
    bool reset = false;        // its connection was
    bool after_reset = false;  // and bytes came behind it, which are not delivered
  };
  ResyncingConnection& connection(ConnectionId id) { return connections_.at(static_cast<std::size_t>(id)); }
  DirectionState& state(ConnectionId id, Direction direction) {
    return directions_.at(static_cast<std::size_t>(id))[static_cast<std::size_t>(direction)];
  }
  // `from_the_start`: nothing of the connection was missed.
  void remember(const EventContext& context, const Event& event, bool from_the_start);
  void emit(const EventContext& context, const Event& event, Bytes raw, bool from_the_start);
  void emit_whole_pages(const EventContext& context, Bytes raw, bool from_the_start);
  void emit_notices(const EventContext& context);
  void check_place(const MappedRamHeader& header, std::uint64_t end);
  void learn_page_size(StreamTables& tables, const Payload& payload, Bytes raw);
  [[nodiscard]] EventContext context(const ResyncingConnection& parser, Direction direction,
                                     const Moment& moment);

  MigrationSet set_{many_exchanges};
  std::deque<ResyncingConnection> connections_;           // deque: references stay valid
  std::deque<std::array<DirectionState, 2>> directions_;  // the same connections
  std::vector<Consumer*> consumers_;
  std::vector<Notice> notices_;
  std::vector<Event> whole_pages_;  // of the current chunk, not emitted yet
  std::vector<StreamOrigin> origins_;
  Event last_;  // of any connection
  NameId last_section_ = no_name;
  std::string description_;  // the beginning of a VM description, while its page size is looked for
  bool place_checked_ = false;  // of the stream that was opened last
  Time start_{};
  Direction reset_by_ = Direction::forward;  // of the newest reset
  std::optional<When> proxy_ends_;           // says the packet that comes next
};

}  // namespace mig::replay
