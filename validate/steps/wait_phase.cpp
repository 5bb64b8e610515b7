// SPDX-License-Identifier: GPL-2.0-or-later
// A phase as migproxy sees it on the wire, before either QEMU can be asked.
#include "mig/history/phases.hpp"
#include "validate/steps/parts.hpp"

namespace mig::validate {
namespace {

struct WaitPhase final : Step {
  std::string phase;
  Seconds within = wait_limit;

  std::string describe() const override { return "wait until migproxy reports the phase " + phase; }
  StepResult take(StepContext& run) const override {
    if (run.proxy == nullptr) return {Answer::timed_out, "there is no migproxy in this run", false};
    return run.wait_for(within, Side::source, [&] {
      return run.proxy->saw({{"kind", "phase"}, {"event", phase}});
    });
  }
  bool silent_when_met() const override { return true; }
};

std::vector<std::string_view> phases() {
  std::vector<std::string_view> all;
  for (auto phase = Phase::setup; phase < Phase::unknown;
       phase = static_cast<Phase>(static_cast<unsigned>(phase) + 1))
    all.push_back(to_string(phase));
  return all;
}

}  // namespace

std::unique_ptr<Step> read_wait_phase(TableReader& table) {
  auto step = std::make_unique<WaitPhase>();
  step->phase = phases().at(table.choice("wait-phase", phases()).value_or(0));
  step->within = read_within(table);
  return step;
}

}  // namespace mig::validate
