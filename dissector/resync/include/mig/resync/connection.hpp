// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include "mig/basic_connection.hpp"
#include "mig/resync/resyncing.hpp"

namespace mig {

using ResyncingBase =
    BasicConnection<Resyncing<ForwardParser>, Resyncing<MultifdParser>, Resyncing<ReturnPathParser>>;
extern template class BasicConnection<Resyncing<ForwardParser>, Resyncing<MultifdParser>,
                                      Resyncing<ReturnPathParser>>;

/// A ConnectionParser that goes on after errors, for those who read captures.
///
/// If the connection was joined in mid-stream, either direction is searched for what only one channel can
/// carry, and may turn out to be the other one (see actual_direction()).
class ResyncingConnection : private ResyncingBase {
 public:
  /// `set` outlives the connection.
  ResyncingConnection(MembershipRegister& set, ConnectionId id, Joined joined = Joined::at_start);

  /// As ChannelParser. Bytes of the forward direction are held (at most 8) until the channel is known.
  std::optional<ParseError> feed(Direction direction, Bytes chunk, EventSink& sink);
  std::optional<ParseError> skip(Direction direction, std::uint64_t missing, EventSink& sink);
  std::optional<ParseError> finish(Direction direction, EventSink& sink);

  [[nodiscard]] Bytes held(Direction direction) const noexcept;
  [[nodiscard]] std::optional<ParseError> error(Direction direction) const noexcept;
  using ResyncingBase::id;
  using ResyncingBase::kind;
  using ResyncingBase::migration;
  /// What the bytes fed as `direction` are. Differs from it if the connection was joined in mid-stream and
  /// its caller took the destination for the source. All members go on taking the caller's direction.
  [[nodiscard]] Direction actual_direction(Direction direction) const noexcept {
    return reversed_ ? other_direction(direction) : direction;
  }

 private:
  [[nodiscard]] std::optional<Search>& search(Direction d) noexcept {
    return searches_[static_cast<std::size_t>(d)];
  }
  [[nodiscard]] const std::optional<Search>& search(Direction d) const noexcept {
    return searches_[static_cast<std::size_t>(d)];
  }
  void search_both();
  void found(Direction direction, const ResyncPoint& point, EventSink& sink);
  void join(Direction direction, const ResyncPoint& point, EventSink& sink);
  void settle_other_direction(Direction direction, EventSink& sink);

  std::array<std::optional<Search>, 2> searches_;  // of directions of which nothing is known yet
  bool reversed_ = false;
};

}  // namespace mig
