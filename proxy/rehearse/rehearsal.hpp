// SPDX-License-Identifier: GPL-2.0-or-later
// The sockets of a rehearsal: one migration between a source and a destination that ends before the
// hand-over.
#pragma once
#include <chrono>
#include <list>
#include <string>
#include <vector>

#include "common/address.hpp"
#include "common/descriptor.hpp"
#include "proxy/rehearse/rehearsed_migration.hpp"

namespace mig::proxy {

/// How it ended.
enum class RehearsalEnd : std::uint8_t {
  answered,           ///< the destination sent SHUT
  refused,            ///< RehearsedMigration::problem()
  source_ended,       ///< the source ended the main connection
  destination_ended,  ///< the destination did, or could not be connected
  interrupted,        ///< SIGINT, SIGTERM
};

/// One thread; waits in poll(). When it ends, or the process does, the source loses its connection before it
/// has an answer, and takes its guest back.
class Rehearsal {
 public:
  /// Listens. Throws std::runtime_error.
  Rehearsal(const Address& listen, Address destination);

  /// As the source has to be given it: "tcp:127.0.0.1:4444".
  [[nodiscard]] std::string uri() const;
  /// Relays until one of its ends; the connections are still open then. `interrupt` is a descriptor that
  /// becomes readable.
  [[nodiscard]] RehearsalEnd run(int interrupt);
  /// Ends the connections of the destination, and then those of the source.
  void let_go();

  [[nodiscard]] const RehearsedMigration& migration() const noexcept { return migration_; }
  /// Why the destination could not be connected; empty: it could.
  [[nodiscard]] const std::string& connect_error() const noexcept { return connect_error_; }

 private:
  struct Link {
    ConnectionId id{};
    Descriptor source, destination;
    std::vector<std::byte> for_destination, for_source;  // not sent yet
  };
  [[nodiscard]] bool step(int interrupt, RehearsalEnd& end);
  [[nodiscard]] bool connect_all();
  [[nodiscard]] bool idle(RehearsalEnd& end);
  void accept();
  [[nodiscard]] bool from_source(Link& link, RehearsalEnd& end);
  [[nodiscard]] bool from_destination(Link& link, RehearsalEnd& end);
  [[nodiscard]] double now() const;

  Address destination_;
  Address listening_;
  Descriptor listener_;
  std::list<Link> links_;
  RehearsedMigration migration_;
  std::string connect_error_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  bool started_ = false;
  std::uint32_t next_ = 0;
};

}  // namespace mig::proxy
