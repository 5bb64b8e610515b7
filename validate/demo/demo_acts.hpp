// SPDX-License-Identifier: GPL-2.0-or-later
// The acts as data: what is done, what is expected, and the words around it.
#pragma once

#include <string>
#include <vector>

#include "validate/demo/demo.hpp"
#include "validate/scenario/scenario.hpp"
#include "validate/verdict/verdict.hpp"

namespace mig::validate {

struct Act {
  int number = 0;
  std::string title;
  std::string before;  ///< what is about to happen
  std::string after;   ///< what it means, shown under the verdict
  Verdict expected = Verdict::migrated;
  Scenario scenario;
};

/// Acts 1 to 3 with the QEMUs and the proxy filled in.
[[nodiscard]] std::vector<Act> demo_acts();

}  // namespace mig::validate
