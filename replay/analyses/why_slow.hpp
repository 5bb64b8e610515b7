// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <boost/json/array.hpp>
#include <string>
#include <vector>

#include "replay/analyses/summary.hpp"

namespace mig::replay {

/// What held a migration back, as far as the wire shows it, and QEMU's parameters and capabilities to look
/// at.
struct Advice {
  const char* kind;  ///< "rate-limit", ...: docs/summary-schema.md has them all
  std::string text;
  std::vector<const char*> look_at;
  bool estimate = false;  ///< rests on what is usual, not on what the wire says
};

[[nodiscard]] std::vector<Advice> why_slow(const MigrationSummary& m, const Analyses& analyses);
/// Rows of the summary; empty: nothing held it back.
[[nodiscard]] std::string why_slow_rows(const MigrationSummary& m, const Analyses& analyses);
/// Array of `kind`, `text`, `look_at`, `estimate`.
[[nodiscard]] boost::json::array why_slow_json(const MigrationSummary& m, const Analyses& analyses);

}  // namespace mig::replay
