// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "mig/connection_parser.hpp"
#include "mig/history/migration.hpp"
#include "mig/history/verdict.hpp"

namespace mig {

/// What passes at one place, from its first byte on, remembered for the verdict on each migration: for
/// programs that see the bytes as they pass. (Captures, which may lack some, are read by migreplay, with the
/// same parts.)
class WireHistory {
 public:
  WireHistory();
  ~WireHistory();
  WireHistory(const WireHistory&) = delete;
  WireHistory& operator=(const WireHistory&) = delete;

  /// Numbers of connections are the caller's, and are not used again. `when`: of any clock that goes on.
  void bytes(ConnectionId connection, Direction direction, Bytes bytes, When when);
  /// The sender of this direction has ended it, or reset the connection.
  void ended(ConnectionId connection, Direction direction, bool reset, When when);
  /// The connection is gone: a direction without an end ends now.
  void closed(ConnectionId connection, When when);

  struct Witness {
    Facts facts;
    Vantage vantage;  ///< as of `now`
  };
  /// Of the migration that the connection belongs, or belonged, to; nullopt: of none that is known.
  [[nodiscard]] std::optional<Witness> migration_of(ConnectionId connection, When now) const;

 private:
  struct Connection;
  struct Remembered;
  struct Sink;
  Connection& connection(ConnectionId id);
  [[nodiscard]] Remembered* remembered(const ConnectionParser& parser);
  void finish(Connection& connection, Direction from, bool reset, When when);

  MigrationSet set_;
  std::map<ConnectionId, Connection> connections_;  // open ones
  std::map<ConnectionId, MigrationId> migrations_;  // by main connection
  std::map<MigrationId, std::unique_ptr<Remembered>> all_;
};

}  // namespace mig
