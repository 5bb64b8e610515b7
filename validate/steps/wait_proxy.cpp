// SPDX-License-Identifier: GPL-2.0-or-later
// A line of migproxy's log, and, as one of them, a phase: migproxy sees it before either QEMU can be asked.
#include "mig/history/phases.hpp"
#include "validate/steps/parts.hpp"

namespace mig::validate {
namespace {

struct WaitProxy final : Step {
  ProxyLog::Fields fields;
  Seconds within = wait_limit;

  std::string describe() const override {
    std::string text = "wait until migproxy reports";
    for (const auto& [key, value] : fields) text.append(" ").append(key).append("=").append(value);
    return text;
  }
  StepResult take(StepContext& run) const override {
    if (run.proxy == nullptr) return without_proxy();
    return run.wait_for(within, Side::source, [&] { return run.proxy->saw(fields); });
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
  auto step = std::make_unique<WaitProxy>();
  const auto known = phases();
  const auto phase = known.at(table.choice("wait-phase", known).value_or(0));
  step->fields = {{"kind", "phase"}, {"event", std::string(phase)}};
  step->within = read_within(table);
  return step;
}

std::unique_ptr<Step> read_wait_proxy(TableReader& table) {
  auto step = std::make_unique<WaitProxy>();
  for (const auto& [key, value] : table.json("wait-proxy"))
    step->fields.emplace_back(
        key, value.is_string() ? std::string(value.as_string()) : boost::json::serialize(value));
  if (step->fields.empty()) table.refuse("wait-proxy needs what to wait for, such as { event = \"pong\" }");
  step->within = read_within(table);
  return step;
}

}  // namespace mig::validate
