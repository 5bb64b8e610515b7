// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "proxy/rehearse/rehearsal.hpp"

namespace mig::proxy {

/// What a rehearsal found out, for people and for machines.
struct RehearsalOutcome {
  bool migrates = false;
  std::string reason;  ///< one sentence
  std::string remedy;  ///< may be empty
  RehearsalReport report;
  std::vector<std::string> destination_says;  ///< its QMP error, and what it wrote to its standard error
  std::optional<bool> source_runs;            ///< none: it was not asked

  [[nodiscard]] std::string text() const;
  [[nodiscard]] std::string json() const;
};

[[nodiscard]] RehearsalOutcome outcome_of(RehearsalEnd end, const Rehearsal& rehearsal);

}  // namespace mig::proxy
