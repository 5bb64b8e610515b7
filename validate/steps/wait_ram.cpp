// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/base/size_text.hpp"
#include "validate/steps/parts.hpp"

namespace mig::validate {
namespace {

struct WaitRam final : Step {
  std::uint64_t left = 0;  ///< bytes
  Seconds within = 60;

  std::string describe() const override {
    return left == 0 ? "wait until all memory has been sent"
                     : "wait until at most " + size_text(left) + " of memory are still to be sent";
  }
  StepResult take(StepContext& run) const override {
    return run.wait_for(within, Side::source, [&] {
      const auto now = run.watcher.seen(Side::source).ram_left;
      return now && *now <= left;
    });
  }
};

}  // namespace

std::unique_ptr<Step> read_wait_ram(TableReader& table) {
  auto step = std::make_unique<WaitRam>();
  step->left = table.size("wait-ram").value_or(0);
  step->within = read_within(table, step->within);
  return step;
}

}  // namespace mig::validate
