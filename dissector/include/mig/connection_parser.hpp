// SPDX-License-Identifier: GPL-2.0-or-later
// Both directions of one TCP connection, whatever channel it turns out to be.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <variant>

#include "mig/bytes.hpp"
#include "mig/event_sink.hpp"
#include "mig/forward_parser.hpp"
#include "mig/middle_search.hpp"
#include "mig/multifd_parser.hpp"
#include "mig/opaque_channel.hpp"
#include "mig/return_path_parser.hpp"

namespace mig {

/// Number of a connection, in the order the connections came, from 0.
enum class ConnectionId : std::uint32_t {};
/// Number of a migration, in the order their first connection was recognised, from 0; people are shown it
/// plus 1.
enum class MigrationId : std::uint32_t {};

class Migration;
class MigrationSet;

/// Parses one connection: finds out from the first bytes which channel it is, joins it to its migration, and
/// from then on feeds the parser of that channel. Unrecognised bytes come out as Unparsed, TLS as
/// Unparsed{encrypted}.
///
/// With Resync::from_the_middle the connection was joined in its middle: either direction is searched for
/// what only one channel can carry, and may turn out to be the other one (see carries()).
class ConnectionParser {
 public:
  /// `set` outlives the parser.
  ConnectionParser(MigrationSet& set, ConnectionId id, Resync resync = Resync::never);

  /// As ChannelParser. Bytes of the forward direction are held (at most 8) until the channel is known.
  std::optional<ParseError> feed(Direction direction, Bytes chunk, EventSink& sink);
  std::optional<ParseError> skip(Direction direction, std::uint64_t missing, EventSink& sink);
  std::optional<ParseError> finish(Direction direction, EventSink& sink);

  [[nodiscard]] Bytes held(Direction direction) const noexcept;
  [[nodiscard]] std::optional<ParseError> error(Direction direction) const noexcept;
  [[nodiscard]] ChannelKind kind() const noexcept { return kind_; }
  [[nodiscard]] ConnectionId id() const noexcept { return id_; }
  /// nullptr until the channel is known, and for connections that are no part of a migration.
  [[nodiscard]] Migration* migration() const noexcept { return migration_; }
  /// What the bytes fed as `direction` are. Differs from it where a connection was joined in its middle and
  /// its caller took the destination for the source. All members go on taking the caller's direction.
  [[nodiscard]] Direction carries(Direction direction) const noexcept {
    return reversed_ ? other(direction) : direction;
  }

 private:
  using Parser = std::variant<OpaqueChannel, MiddleSearch, ForwardParser, MultifdParser, ReturnPathParser>;
  static constexpr Direction other(Direction d) noexcept {
    return d == Direction::forward ? Direction::return_path : Direction::forward;
  }
  [[nodiscard]] Parser& way(Direction d) noexcept { return ways_[static_cast<std::size_t>(d)]; }
  [[nodiscard]] const Parser& way(Direction d) const noexcept { return ways_[static_cast<std::size_t>(d)]; }

  [[nodiscard]] std::optional<ChannelKind> classify(Bytes first) const noexcept;
  /// The channel begins here, in plain sight.
  void begin(Direction direction, ChannelKind kind);
  std::optional<ParseError> start_forward(Bytes chunk, EventSink& sink);
  void give_up(EventSink& sink);

  void search_both();
  void search(Direction direction, Bytes& chunk, EventSink& sink);
  void found(Direction direction, EventSink& sink);
  void leave_other(Direction direction, EventSink& sink);
  template <class Channel>
  void take_over(Direction direction, Channel channel, const Place& place, EventSink& sink);

  MigrationSet* set_;
  Migration* migration_ = nullptr;
  std::array<Parser, 2> ways_;        // by the direction the caller says
  std::array<std::byte, 8> first_{};  // forward bytes before the channel is known
  std::size_t first_size_ = 0;
  ConnectionId id_{};
  ChannelKind kind_ = ChannelKind::unknown;
  Resync resync_;
  bool decided_ = false;
  bool reversed_ = false;
};

}  // namespace mig
