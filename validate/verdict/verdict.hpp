// SPDX-License-Identifier: GPL-2.0-or-later
// Who runs the guest? A pure function from what was seen to one of eight answers, with the evidence for it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "validate/verdict/invariants.hpp"
#include "validate/verdict/observations.hpp"

namespace mig::validate {

enum class Verdict {
  migrated,     ///< only the destination's guest ticks, and its counter continued from the source's
  recovered,    ///< only the source's guest ticks, and the destination's never did
  rolled_back,  ///< only the source's guest ticks, but the destination's had ticked: the guest lost that time
  unfinished,   ///< only the destination's guest ticks, and the source neither completed nor failed
  split_brain,  ///< both guests tick
  lost,         ///< neither ticks, and no documented QMP command brings either back
  paused,       ///< neither ticks, both sides wait in postcopy-paused: recoverable
  hung,         ///< nothing moves, and none of the above
};

[[nodiscard]] std::string_view to_string(Verdict verdict);
/// "MIGRATED" and the like; nothing when it is no verdict.
[[nodiscard]] std::optional<Verdict> parse_verdict(std::string_view word);
[[nodiscard]] std::vector<std::string> verdict_words();
/// One plain sentence about what the verdict means.
[[nodiscard]] std::string_view meaning(Verdict verdict);

struct Judgement {
  Verdict verdict = Verdict::hung;
  std::vector<std::string> evidence;
  std::vector<Violation> broken;  ///< invariants that did not hold
};

[[nodiscard]] Judgement judge(const Observations& seen);

}  // namespace mig::validate
