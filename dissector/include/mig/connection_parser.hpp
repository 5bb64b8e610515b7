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
#include "mig/multifd_parser.hpp"
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
class ConnectionParser {
 public:
  /// `set` outlives the parser.
  ConnectionParser(MigrationSet& set, ConnectionId id);

  /// As ForwardParser::feed. Bytes of the forward direction are held (at most 8) until the channel is known.
  std::optional<ParseError> feed(Direction direction, Bytes chunk, EventSink& sink);
  std::optional<ParseError> skip(Direction direction, std::uint64_t missing, EventSink& sink);
  std::optional<ParseError> finish(Direction direction, EventSink& sink);

  [[nodiscard]] Bytes held(Direction direction) const noexcept;
  [[nodiscard]] ChannelKind kind() const noexcept { return kind_; }
  [[nodiscard]] ConnectionId id() const noexcept { return id_; }
  /// nullptr until the channel is known, and for connections that are no part of a migration.
  [[nodiscard]] Migration* migration() const noexcept { return migration_; }
  [[nodiscard]] std::optional<ParseError> error(Direction direction) const noexcept;

 private:
  [[nodiscard]] std::optional<ChannelKind> classify(Bytes first) const noexcept;
  void join(ChannelKind kind);
  void give_up(EventSink& sink);
  std::optional<ParseError> start_forward(Bytes chunk, EventSink& sink);
  std::optional<ParseError> feed_forward(Bytes chunk, EventSink& sink);
  std::optional<ParseError> pass(Direction direction, Bytes chunk, EventSink& sink);

  MigrationSet* set_;
  Migration* migration_ = nullptr;
  std::variant<std::monostate, ForwardParser, MultifdParser> forward_;
  std::optional<ReturnPathParser> back_;
  std::array<std::byte, 8> first_{};  // forward bytes before the channel is known
  std::size_t first_size_ = 0;
  std::array<std::uint64_t, 2> opaque_offset_{};
  std::array<std::optional<ParseError>, 2> error_{};
  ConnectionId id_{};
  ChannelKind kind_ = ChannelKind::unknown;
  bool decided_ = false;
};

}  // namespace mig
