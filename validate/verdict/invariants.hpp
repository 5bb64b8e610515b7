// SPDX-License-Identifier: GPL-2.0-or-later
// What has to hold in every run, whatever its verdict.
#pragma once

#include <string>
#include <vector>

#include "validate/verdict/observations.hpp"

namespace mig::validate {

/// An invariant that did not hold, by the name that scenarios use.
struct Violation {
  std::string name;
  std::string text;
};

/// "crash", "statuses", "ticks", "memory", "rules", "wire" (validate/wire/truth.hpp), "rescue"
/// (rescue_verdict.hpp).
[[nodiscard]] std::vector<std::string> invariant_names();
[[nodiscard]] std::vector<Violation> violations_of(const Observations& seen);

/// Every migration status and every run state that a QEMU may report, for suggestions.
[[nodiscard]] const std::vector<std::string>& migration_statuses();
[[nodiscard]] const std::vector<std::string>& run_states();

/// May a migration status follow another one? The edges that QEMU documents, of all its versions.
[[nodiscard]] bool may_follow(Side side, const std::string& before, const std::string& after);

}  // namespace mig::validate
