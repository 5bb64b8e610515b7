// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <string>
#include <vector>

#include "replay/analyses/summary.hpp"

namespace mig::replay {

/// The stream says no QEMU version, but what is in it narrows that of the source down (docs/protocol.md 10).
struct SourceVersion {
  std::string at_least, at_most;  ///< "10.2"; empty: nothing tells
  std::string at_least_by, at_most_by;
};
[[nodiscard]] SourceVersion source_version(const MigrationSummary& m);

}  // namespace mig::replay
