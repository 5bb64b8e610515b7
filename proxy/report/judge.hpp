// SPDX-License-Identifier: GPL-2.0-or-later
// Who may be running the guest, as migreplay says of a recording: from the bytes that passed on each of the
// two legs, since a rule may keep the two apart.
#pragma once
#include <array>
#include <functional>
#include <utility>

#include "mig/history/wire_history.hpp"
#include "proxy/relay/observer.hpp"

namespace mig::proxy {

class Judge final : public Observer {
 public:
  /// Since when does not matter.
  using Clock = std::function<When()>;

  /// Reports a verdict to `out` when the main connection of a migration has ended. `out` outlives the judge.
  explicit Judge(Observer& out, Clock clock = steady) : out_(out), clock_(std::move(clock)) {}

  void on(const RelayEvent& event) override;
  /// As of now.
  [[nodiscard]] Verdict verdict(const Migration& migration) const;

 private:
  static When steady();
  void closed(const Closed& closed);

  Observer& out_;
  Clock clock_;
  std::array<WireHistory, 2> legs_;  // by Side
};

}  // namespace mig::proxy
