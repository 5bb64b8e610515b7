// SPDX-License-Identifier: GPL-2.0-or-later
// Gets what happens in a run while it lasts, in the order of time.
#pragma once

#include <string>

#include "validate/verdict/observations.hpp"
#include "validate/verdict/verdict.hpp"

namespace mig::validate {

/// `at` is on the clock of the run.
class RunListener {
 public:
  virtual ~RunListener() = default;
  virtual void on_action(Seconds /*at*/, const std::string& /*text*/) {}  ///< something we did
  virtual void on_change(Side /*side*/, const StateChange& /*change*/) {}
  virtual void on_proxy(const ProxyLine& /*line*/) {}
  virtual void on_note(const Note& /*note*/) {}
  virtual void on_check(Seconds /*at*/, const std::string& /*title*/, const Judgement& /*judgement*/) {}
};

}  // namespace mig::validate
