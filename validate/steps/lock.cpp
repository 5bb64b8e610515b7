// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/steps/parts.hpp"

namespace mig::validate {
namespace {

struct Lock final : Step {
  bool release = false;
  std::optional<Answer> expected;

  std::string describe() const override {
    return release ? "the third process releases the shared disk's write lock"
                   : "a third process takes the shared disk's write lock";
  }
  StepResult take(StepContext& run) const override {
    if (release) {
      run.disk.release();
      return {};
    }
    const bool taken = run.disk.take();
    return answered({taken, {}, taken ? "" : "another process holds it"}, expected);
  }
};

}  // namespace

std::unique_ptr<Step> read_lock(TableReader& table) {
  auto step = std::make_unique<Lock>();
  step->release = table.choice("lock", {"take", "release"}).value_or(0) == 1;
  step->expected = read_expected(table);
  return step;
}

}  // namespace mig::validate
