// SPDX-License-Identifier: GPL-2.0-or-later
// Was a guest that nobody ran any more brought back?
#pragma once

#include <string>
#include <vector>

#include "validate/verdict/observations.hpp"

namespace mig::validate {

struct RescueJudgement {
  bool rescued =
      false;  ///< the same guest runs again, once, from the tick at which it stopped, with its memory right
  std::vector<std::string> evidence;
};

/// Of a run whose guest was tried to be brought back: `seen.rescue` is there.
[[nodiscard]] RescueJudgement judge_rescue(const Observations& seen);

}  // namespace mig::validate
