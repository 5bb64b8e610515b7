// SPDX-License-Identifier: GPL-2.0-or-later
// What is reported at the end.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "proxy/engine/fault_session.hpp"
#include "proxy/relay/observer.hpp"

namespace mig::proxy {

class Judge;
class Relay;

struct MigrationSummary {
  unsigned number = 0;  ///< from 1
  Phase phase = Phase::setup;
  std::vector<Exchange> unanswered;  ///< PINGs
  Verdict verdict;
};

struct Summary {
  std::size_t connections = 0;  ///< that reached the destination
  std::size_t refused = 0;
  Traffic traffic;
  std::vector<UnitCount> units;
  std::vector<MigrationSummary> migrations;
  std::vector<RuleReport> rules;
  bool all_fired = true;
};

[[nodiscard]] Summary summarize(const FaultSession& session, const Relay& relay, const Judge& judge);
/// For people, several lines, a newline at the end of each.
[[nodiscard]] std::string to_text(const Summary& summary);

}  // namespace mig::proxy
