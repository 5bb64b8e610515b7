// SPDX-License-Identifier: GPL-2.0-or-later
// One step of a scenario: what it does, said in a sentence and done. Each kind is a file in steps/.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "validate/verdict/observations.hpp"

namespace mig::validate {

struct StepContext;  // run/step_context.hpp

struct StepResult {
  Answer answer = Answer::done;
  std::string detail;  ///< an error's text, a verdict
  bool met = true;     ///< it came out as the step wants it
};

/// A step is bounded: a wait that is not met is a fact of the run, not its end.
class Step {
 public:
  Step() = default;
  Step(const Step&) = delete;
  Step& operator=(const Step&) = delete;
  virtual ~Step() = default;

  /// As a sentence: "wait until the source's migration status is completed".
  [[nodiscard]] virtual std::string describe() const = 0;
  /// Throws Interrupted, and CouldNotRun where the run is over.
  [[nodiscard]] virtual StepResult take(StepContext& run) const = 0;
  /// What a wait waited for is reported by the side it waited for.
  [[nodiscard]] virtual bool silent_when_met() const { return false; }
  /// The fault rule that migproxy needs for it; empty: none.
  [[nodiscard]] virtual std::string rule() const { return {}; }

  std::string name;       ///< as expectations call it; empty: they do not
  bool optional = false;  ///< a wait that may time out
};

using Steps = std::vector<std::shared_ptr<const Step>>;

}  // namespace mig::validate
