// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <optional>

#include "mig/history/exchanges.hpp"
#include "mig/history/facts.hpp"
#include "mig/phases.hpp"

namespace mig {

/// What an observer remembers of one migration beside its tables and its phases: its turning points, and what
/// was asked and answered. Fed by whoever decides what counts as delivered.
class History {
 public:
  static constexpr std::size_t max_exchanges = 1U << 16;

  /// A unit or a page was delivered. `from_the_start`: nothing of its connection was missed.
  void delivered(const Place& at, Direction direction, const Event& event, const StreamTables& tables,
                 bool from_the_start);
  /// One side ended a connection.
  void ended(ConnectionId connection, ChannelKind channel, const PeerEnd& end) noexcept;
  /// What looked like the end of a connection, at this time or right before it, was that of the recording.
  void recording_ended(ConnectionId connection, When when) noexcept;
  /// Of a main channel at the end of the capture: what the receiver has not acknowledged.
  void backlog(Direction direction, const Backlog& bytes) noexcept;

  [[nodiscard]] const Facts& facts() const noexcept { return facts_; }
  [[nodiscard]] const Exchanges& exchanges() const noexcept { return exchanges_; }
  /// What the newest event asked or answered; nullptr: nothing.
  [[nodiscard]] const Exchange* newest_exchange() const noexcept {
    return newest_ != no_exchange ? &exchanges_[newest_] : nullptr;
  }

 private:
  Facts facts_;
  Exchanges exchanges_{max_exchanges};
  std::uint32_t newest_ = no_exchange;
  std::optional<ConnectionId> main_;  // the newest connection that was its main channel
};

}  // namespace mig
