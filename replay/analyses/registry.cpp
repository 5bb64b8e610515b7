// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/analyses/registry.hpp"

namespace mig::replay {

// Each is defined in the analysis' own file.
#define MIG_ANALYSES(ANALYSIS) \
  ANALYSIS(timeline_analysis)  \
  ANALYSIS(faults_analysis)    \
  ANALYSIS(ram_analysis)       \
  ANALYSIS(speed_analysis)     \
  ANALYSIS(traffic_analysis)   \
  ANALYSIS(devices_analysis)

#define MIG_DECLARE(kind) extern const AnalysisKind kind;
MIG_ANALYSES(MIG_DECLARE)
#undef MIG_DECLARE

std::span<const AnalysisKind* const> analysis_kinds() noexcept {
#define MIG_ADDRESS(kind) &kind,
  static constexpr const AnalysisKind* kinds[] = {MIG_ANALYSES(MIG_ADDRESS)};
#undef MIG_ADDRESS
  return kinds;
}

}  // namespace mig::replay
