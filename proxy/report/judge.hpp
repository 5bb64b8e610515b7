// SPDX-License-Identifier: GPL-2.0-or-later
// Who may be running the guest, by the same rules as migreplay's (dissector/history): from what each QEMU
// sent and what was delivered to it, since a rule may keep the two apart.
#pragma once
#include <map>
#include <optional>

#include "mig/history/verdict.hpp"
#include "proxy/engine/relay_session.hpp"
#include "proxy/relay/observer.hpp"

namespace mig::proxy {

class Judge final : public Observer {
 public:
  /// Reports a verdict to `out` when the main connection of a migration has ended. Both outlive the judge.
  Judge(const RelaySession& session, Observer& out) : session_(session), out_(out) {}

  void on(const RelayEvent& event) override;
  /// As of now.
  [[nodiscard]] Verdict verdict(MigrationId migration) const;

 private:
  struct Legs {
    Facts at_source, at_destination;
    std::optional<ConnectionId> main;  // the newest
    Deeds deeds;
  };

  void unit(const UnitDone& done);
  void bytes(const BytesMoved& moved);
  void ended(const LegEnded& end);
  void closed(const Closed& closed);
  /// nullptr: it is no main connection.
  [[nodiscard]] Legs* legs_of(ConnectionId connection);
  static void note_errors(Legs& legs, const ConnectionParser& parser);

  const RelaySession& session_;
  Observer& out_;
  std::map<MigrationId, Legs> all_;
};

}  // namespace mig::proxy
