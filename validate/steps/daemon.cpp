// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/steps/parts.hpp"

namespace mig::validate {
namespace {

struct Daemon final : Step {
  Side side = Side::source;
  DaemonOrder order = DaemonOrder::kill;

  std::string describe() const override {
    static constexpr const char* verbs[] = {"start ", "stop ", "kill "};
    return verbs[static_cast<int>(order)] + of(side) + "libvirt daemon";
  }
  StepResult take(StepContext& run) const override {
    run.driver.daemon(side, order);
    return {};
  }
};

}  // namespace

std::unique_ptr<Step> read_daemon(TableReader& table) {
  auto step = std::make_unique<Daemon>();
  step->order = static_cast<DaemonOrder>(table.choice("daemon", {"start", "stop", "kill"}).value_or(0));
  step->side = read_side(table);
  return step;
}

}  // namespace mig::validate
