// SPDX-License-Identifier: GPL-2.0-or-later
// A run as a story for people.
#pragma once

#include "validate/base/terminal.hpp"
#include "validate/run/run_listener.hpp"
#include "validate/scenario/scenario.hpp"
#include "validate/verdict/rescue_verdict.hpp"

namespace mig::validate {

class Narrator : public RunListener {
 public:
  explicit Narrator(Terminal& terminal) : terminal_(terminal) {}

  void on_action(Seconds at, const std::string& text) override;
  void on_change(Side side, const StateChange& change) override;
  void on_proxy(const ProxyLine& line) override;
  void on_note(const Note& note) override;
  void on_check(Seconds at, const std::string& title, const Judgement& judgement) override;

  /// What is about to be done: title, what it is about, fault rules.
  void introduce(const Scenario& scenario);
  void show(const Judgement& judgement, Tone tone);
  /// A run whose end was shown before the guest was brought back.
  void show_rescue(const RescueJudgement& rescue, const Judgement& before, Tone tone);

 private:
  Terminal& terminal_;
};

}  // namespace mig::validate
