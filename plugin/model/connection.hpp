// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "mig/history/migration.hpp"
#include "mig/resync/connection.hpp"
#include "plugin/model/feed_index.hpp"
#include "plugin/model/migration_log.hpp"
#include "plugin/model/sequencer.hpp"
#include "plugin/model/unit_index.hpp"

namespace mig::plugin {

class Capture;

/// Something that a migration's observer learned in one visit.
struct Remark {
  Visit visit;
  std::uint64_t offset = 0;  ///< where the event that brought it ends
  Notice notice{};
  Phase phase{};
};

/// A page record that answers a request: its stream offset and the exchange.
struct PageAnswer {
  std::uint64_t begin = 0;
  std::uint32_t exchange = no_exchange;
};

/// A stretch of the stream that was read on from a place found after a loss, and was not yet confirmed.
struct Guess {
  std::uint64_t begin = 0;
  std::uint64_t end = UINT64_MAX;  ///< it was confirmed there, or the place was lost again
  std::uint32_t confirmed_in = 0;  ///< frame; 0: not confirmed
};

/// What is remembered of one direction of a connection.
struct DirectionState {
  Sequencer sequencer;
  FeedIndex feeds;
  UnitIndex units;
  std::deque<PageAnswer> answers;  // in stream order
  std::deque<Remark> remarks;      // in order of their visits
  std::deque<Guess> guesses;       // in stream order
  BlobCollector blobs{BlobCollector::Packages::kept};
  std::optional<Visit> cut_short;  // the stream ended inside a unit, and no bytes are left to say so
  bool dead = false;               // out of memory: nothing more is read

  [[nodiscard]] std::uint32_t answer_of(std::uint64_t record_begin) const noexcept;
  /// The guess that what stands at `offset` rests on; nullptr: it is certain.
  [[nodiscard]] const Guess* guess_at(std::uint64_t offset) const noexcept;
};

/// One TCP connection. Fed in the first pass only, in frame order; what it remembers is read in all passes.
class Connection {
 public:
  /// The visit under which the end of a connection is noted.
  static constexpr std::uint16_t end_ordinal = 0xffff;

  struct Input {
    Sequencer::Segment segment;
    std::int64_t time = 0;
    bool positioned = true;  ///< the sequence number counts
  };

  Connection(Capture& capture, MigrationSet& set, ConnectionId id, Joined joined);

  /// Never throws: out of memory ends the reading of that direction.
  Sequencer::Disposition feed(Direction direction, const Input& input) noexcept;
  /// A FIN or RST was seen; the second FIN, or a reset, closes the connection.
  void end(Direction direction, bool reset, const When& when) noexcept;

  [[nodiscard]] const DirectionState& direction_state(Direction direction) const noexcept {
    return directions_[static_cast<std::size_t>(direction)];
  }
  [[nodiscard]] ChannelKind kind() const noexcept { return parser_.kind(); }
  [[nodiscard]] ConnectionId id() const noexcept { return parser_.id(); }
  /// What the bytes fed as `direction` are: the other one where that was a wrong guess.
  [[nodiscard]] Direction actual_direction(Direction direction) const noexcept {
    return parser_.actual_direction(direction);
  }
  /// nullptr while it is no part of a migration.
  [[nodiscard]] const MigrationLog* log() const noexcept { return log_; }
  [[nodiscard]] Capture& capture() const noexcept { return *capture_; }
  [[nodiscard]] bool closed() const noexcept { return closed_; }

 private:
  class Feeder;

  void finish(Direction direction, const When& when);

  Capture* capture_;
  ResyncingConnection parser_;
  MigrationLog* log_ = nullptr;
  DirectionState directions_[2];
  bool ended_[2] = {false, false};
  bool closed_ = false;
};

}  // namespace mig::plugin
