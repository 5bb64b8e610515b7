// SPDX-License-Identifier: GPL-2.0-or-later
#include <csignal>

#include "proxy/rules/action.hpp"
#include "validate/steps/parts.hpp"

namespace mig::validate {
namespace {

struct Cut final : Step {
  std::string describe() const override { return "cut the link between the two (SIGUSR2 to migproxy)"; }
  StepResult take(StepContext& run) const override {
    if (run.proxy == nullptr) return without_proxy();
    run.proxy->process().signal(SIGUSR2);
    return {};
  }
  std::string rule() const override {
    proxy::FaultRule rule;
    rule.action = proxy::find_action("reset");
    rule.unit = proxy::Unit::connection;
    rule.channel = proxy::ChannelChoice::all;
    rule.on = proxy::Trigger{proxy::Trigger::Kind::sigusr2, {}, {}, {}};
    return proxy::print_rule(rule);
  }
};

}  // namespace

std::unique_ptr<Step> read_cut(TableReader& table) {
  auto step = std::make_unique<Cut>();
  (void)table.choice("cut", {"link"});
  return step;
}

}  // namespace mig::validate
