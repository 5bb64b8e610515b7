// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/base/size_text.hpp"
#include "validate/steps/parts.hpp"

namespace mig::validate {
namespace {

struct WaitBytes final : Step {
  std::uint64_t sent = 0;
  Seconds within = wait_limit;

  std::string describe() const override { return "wait until the source has sent " + size_text(sent); }
  StepResult take(StepContext& run) const override {
    return run.wait_for(within, Side::source, [&] {
      const auto now = run.watcher.seen(Side::source).bytes_sent;
      return now && *now >= sent;
    });
  }
};

}  // namespace

std::unique_ptr<Step> read_wait_bytes(TableReader& table) {
  auto step = std::make_unique<WaitBytes>();
  step->sent = table.size("wait-bytes").value_or(0);
  step->within = read_within(table);
  return step;
}

}  // namespace mig::validate
