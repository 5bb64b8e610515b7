// SPDX-License-Identifier: GPL-2.0-or-later
// What connections have in common, whatever parsers they are made of.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <variant>

#include "mig/bytes.hpp"
#include "mig/event_sink.hpp"
#include "mig/opaque_channel.hpp"
#include "mig/stream_tables.hpp"

namespace mig {

/// Number of a connection, in the order the connections came, from 0.
enum class ConnectionId : std::uint32_t {};
/// Number of a migration, in the order their first connection was recognised, from 0; people are shown it
/// plus 1.
enum class MigrationId : std::uint32_t {};

class Migration;  // of the history: what a connection belongs to

/// Where a connection belongs, and the tables that it shares with the others there.
struct Membership {
  Migration* migration = nullptr;
  StreamTables* tables = nullptr;
  ChannelKind kind = ChannelKind::unknown;
};

/// Joins connections to migrations, see MigrationSet.
class MembershipRegister {
 public:
  /// The channel of this connection is known.
  [[nodiscard]] virtual Membership join(ConnectionId id, ChannelKind kind) = 0;
  /// The same for a connection that was joined in mid-stream. `preempt`: RAM records were seen, which the
  /// main channel carries, too. The kind may turn out to be another one.
  [[nodiscard]] virtual Membership join_mid_stream(ConnectionId id, ChannelKind seen) = 0;
  /// The tables of the migration that this connection would join if it is a preempt channel; nullptr: none.
  [[nodiscard]] virtual const StreamTables* open_to_preempt(ConnectionId id) const noexcept = 0;
  /// Empty tables, for a search that does not know its migration yet.
  [[nodiscard]] virtual const StreamTables& empty_tables() const noexcept = 0;

 protected:
  ~MembershipRegister() = default;
};

[[nodiscard]] constexpr Direction other_direction(Direction d) noexcept {
  return d == Direction::forward ? Direction::return_path : Direction::forward;
}

/// Both directions of one TCP connection, whatever channel it turns out to be: finds out from the first bytes
/// which one, joins it to its migration, and from then on feeds the parser of that channel. Unrecognised
/// bytes come out as Unparsed, TLS as Unparsed{encrypted}. Definitions: src/basic_connection_impl.hpp.
template <class Forward, class Multifd, class ReturnPath>
class BasicConnection {
 public:
  /// `set` outlives the connection.
  BasicConnection(MembershipRegister& set, ConnectionId id) : set_(&set), id_(id) {}

  /// As ChannelParser. Bytes of the forward direction are held (at most 8) until the channel is known.
  std::optional<ParseError> feed(Direction direction, Bytes chunk, EventSink& sink);
  std::optional<ParseError> skip(Direction direction, std::uint64_t missing, EventSink& sink);
  std::optional<ParseError> finish(Direction direction, EventSink& sink);

  [[nodiscard]] Bytes held(Direction direction) const noexcept;
  [[nodiscard]] std::optional<ParseError> error(Direction direction) const noexcept;
  [[nodiscard]] ChannelKind kind() const noexcept { return member_.kind; }
  [[nodiscard]] ConnectionId id() const noexcept { return id_; }
  /// nullptr until the channel is known, and for connections that are no part of a migration.
  [[nodiscard]] Migration* migration() const noexcept { return member_.migration; }

 protected:
  using Parser = std::variant<OpaqueChannel, Forward, Multifd, ReturnPath>;

  [[nodiscard]] Parser& parser(Direction d) noexcept { return parsers_[static_cast<std::size_t>(d)]; }
  [[nodiscard]] const Parser& parser(Direction d) const noexcept {
    return parsers_[static_cast<std::size_t>(d)];
  }
  /// The channel begins here; `forward` is the direction of its source.
  void begin(Direction forward, ChannelKind kind);
  void belongs_to(const Membership& member) noexcept { member_ = member; }
  /// Those of its migration.
  [[nodiscard]] StreamTables& tables() const noexcept { return *member_.tables; }
  /// The forward bytes that are waiting for the channel to be known.
  [[nodiscard]] Bytes first_bytes() const noexcept { return {first_.data(), first_size_}; }
  /// Nothing more is waited for.
  void decide() noexcept {
    decided_ = true;
    first_size_ = 0;
  }
  [[nodiscard]] bool decided() const noexcept { return decided_; }
  [[nodiscard]] MembershipRegister& set() const noexcept { return *set_; }

 private:
  void start_forward(Bytes chunk, EventSink& sink);
  void give_up(EventSink& sink);

  MembershipRegister* set_;
  Membership member_;
  std::array<Parser, 2> parsers_;     // by the direction the caller says
  std::array<std::byte, 8> first_{};  // forward bytes before the channel is known
  std::size_t first_size_ = 0;
  ConnectionId id_{};
  bool decided_ = false;  // forward bytes go to their parser
};

}  // namespace mig
