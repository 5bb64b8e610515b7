// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>

#include "validate/steps/parts.hpp"

namespace mig::validate {
namespace {

struct WaitEvent final : Step {
  Side side = Side::source;
  std::string event;
  Seconds within = wait_limit;

  std::string describe() const override { return "wait for " + of(side) + "QMP event " + event; }
  StepResult take(StepContext& run) const override {
    const auto before = static_cast<std::ptrdiff_t>(run.events_before.at(static_cast<std::size_t>(side)));
    return run.wait_for(within, side, [&] {
      const auto& events = run.driver.side(side).events();
      return std::find(events.begin() + before, events.end(), event) != events.end();
    });
  }
  bool silent_when_met() const override { return true; }
};

}  // namespace

std::unique_ptr<Step> read_wait_event(TableReader& table) {
  auto step = std::make_unique<WaitEvent>();
  step->side = read_side(table);
  step->event = table.need_text("wait-event");
  step->within = read_within(table);
  return step;
}

}  // namespace mig::validate
