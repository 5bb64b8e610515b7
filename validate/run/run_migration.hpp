// SPDX-License-Identifier: GPL-2.0-or-later
// Carries out a RunPlan: two QEMUs, migproxy between them, and a listener that is told each thing as it is
// seen.
#pragma once

#include <string>

#include "validate/run/observations.hpp"
#include "validate/run/run_plan.hpp"
#include "validate/run/verdict.hpp"

namespace mig::validate {

/// Told in the order of time; `at` is on the clock of the run, which starts when the migration is ordered.
class RunListener {
 public:
  virtual ~RunListener() = default;
  virtual void on_action(Seconds /*at*/, const std::string& /*text*/) {}  ///< something we did
  virtual void on_change(Side /*side*/, const StateChange& /*change*/) {}
  virtual void on_proxy(const ProxyLine& /*line*/) {}
  virtual void on_checkpoint(Seconds /*at*/, const std::string& /*title*/, const Judgement& /*judgement*/) {}
};

/// Makes the run and returns what was seen. Everything it started has ended when it returns or throws.
/// Throws CouldNotRun when the run could not be made at all, Interrupted on a signal.
[[nodiscard]] Observations run_migration(const RunPlan& plan, RunListener& listener);

}  // namespace mig::validate
