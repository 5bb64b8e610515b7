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
  std::vector<PingState> unanswered;
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

/// "17 bytes", "4.8 MiB".
[[nodiscard]] std::string format_bytes(std::uint64_t bytes);
/// "1234567" as "1 234 567".
[[nodiscard]] std::string format_count(std::uint64_t count);

}  // namespace mig::proxy
