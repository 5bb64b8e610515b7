// SPDX-License-Identifier: GPL-2.0-or-later
// What a user does to a migration: begin it, switch it to postcopy, recover it, try again elsewhere.
#include "validate/steps/parts.hpp"

namespace mig::validate {
namespace {

constexpr Seconds active_limit = 30;

StepResult required(const QmpReply& reply) {
  return {reply.ok ? Answer::done : Answer::refused, reply.error, reply.ok};
}

// Just behind a tick the guest has its work before it and then rests: a dirty log that is started while it
// writes can lose pages under TCG (docs/findings.md), and that is not what a scenario is about.
struct StartMigration final : Step {
  std::string describe() const override { return "start the migration"; }
  StepResult take(StepContext& run) const override {
    const auto before = run.watcher.seen(Side::source).ticks.size();
    (void)run.watcher.pump(1, [&] { return run.watcher.seen(Side::source).ticks.size() > before; });
    run.acted_at = run.watcher.now();
    return required(run.driver.migrate(run.address));
  }
};

struct StartPostcopy final : Step {
  Seconds after = 0.3;  ///< precopy goes on this long once it is active

  std::string describe() const override {
    return "after " + duration_text(after) + " of precopy switch to postcopy (migrate-start-postcopy)";
  }
  StepResult take(StepContext& run) const override {
    const auto active = [&run] { return run.watcher.seen(Side::source).status == "active"; };
    auto waited = run.wait_for(active_limit, Side::source, active);
    if (!waited.met) return waited;
    (void)run.watcher.pump(after);
    run.acted_at = run.watcher.now();
    return required(run.driver.start_postcopy());
  }
};

struct StartRecovery final : Step {
  std::string describe() const override { return "recover: migrate-recover, then migrate with resume"; }
  StepResult take(StepContext& run) const override {
    return required(run.driver.recover(run.listening, run.address));
  }
};

struct StartFreshDestination final : Step {
  std::string describe() const override {
    return "end the destination and start a fresh one at the same address";
  }
  StepResult take(StepContext& run) const override {
    run.watcher.poll();
    run.watcher.keep_destination();
    run.driver.fresh_destination(run.listening);
    return {};
  }
};

}  // namespace

std::unique_ptr<Step> read_start(TableReader& table) {
  switch (table.choice("start", {"migration", "postcopy", "recovery", "fresh-destination"}).value_or(0)) {
    case 0: return std::make_unique<StartMigration>();
    case 2: return std::make_unique<StartRecovery>();
    case 3: return std::make_unique<StartFreshDestination>();
    default: break;
  }
  auto postcopy = std::make_unique<StartPostcopy>();
  postcopy->after = table.seconds("after").value_or(postcopy->after);
  return postcopy;
}

}  // namespace mig::validate
