// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <optional>
#include <vector>

#include "mig/history/exchanges.hpp"
#include "mig/history/facts.hpp"
#include "mig/history/phases.hpp"

namespace mig {

/// What an observer remembers of one migration beside its tables: its turning points, the phase that follows
/// from them, and what was asked and answered. Fed by whoever decides what counts as delivered.
class History {
 public:
  /// At most `max_exchanges` are kept, the first ones.
  explicit History(std::size_t max_exchanges) : exchanges_(max_exchanges) {}

  /// An event was delivered. `from_the_start`: nothing of its connection was missed. Notices are appended to
  /// `notices` (cleared first).
  void delivered(const Place& at, const Event& event, const StreamTables& tables, bool from_the_start,
                 std::vector<Notice>& notices);
  /// One side ended a connection.
  void ended(ConnectionId connection, ChannelKind channel, const PeerEnd& end) noexcept;
  /// What looked like the end of a connection, at this time or right before it, was that of the recording.
  void recording_ended(ConnectionId connection, When when) noexcept;
  /// Of a main channel at the end of the capture: what the receiver has not acknowledged.
  void backlog(Direction direction, const Backlog& bytes) noexcept;

  [[nodiscard]] const Facts& facts() const noexcept { return phases_.facts; }
  [[nodiscard]] Phases& phases() noexcept { return phases_; }
  [[nodiscard]] const Phases& phases() const noexcept { return phases_; }
  [[nodiscard]] Exchanges& exchanges() noexcept { return exchanges_; }
  [[nodiscard]] const Exchanges& exchanges() const noexcept { return exchanges_; }
  /// The number of what the newest event asked or answered; no_exchange: nothing.
  [[nodiscard]] std::uint32_t newest() const noexcept { return newest_; }

 private:
  Phases phases_;
  Exchanges exchanges_;
  std::uint32_t newest_ = no_exchange;
  std::optional<ConnectionId> main_;  // the newest connection that was its main channel
};

}  // namespace mig
