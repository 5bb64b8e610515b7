// SPDX-License-Identifier: GPL-2.0-or-later
#include "proxy/actions/acting.hpp"
#include "proxy/rules/action.hpp"

namespace mig::proxy {
namespace {

class HeldUnit final : public Collector {
 public:
  HeldUnit(ActionHost& host, RuleIndex rule) : Collector(host, rule), rule_(rule) {}
  [[nodiscard]] Passage passage() const noexcept override { return Passage::held; }

 private:
  void complete(const Next& next) override {
    if (auto bytes = std::exchange(collected_, {}); bytes.empty()) {
      host().ineffective(rule_, "nothing remains of the unit");
    } else if (const auto timer = host().hold_unit(rule_, std::move(bytes))) {
      next.step(*timer);
    }
    for (const auto& [at, step] : std::exchange(steps_, {}))
      pass_undelivered(step, rule_, Decision::held, next);
  }

  RuleIndex rule_;
};

/// The connect comes before the first byte: neither channel nor migration are known yet.
KeySet allowed(Unit unit, KeySet keys) {
  if (unit != Unit::connection) return keys;
  return keys & ~(bit(Key::channel) | bit(Key::migration) | bit(Key::phase) | bit(Key::repair));
}

}  // namespace

extern constinit const Action hold_action{
    .word = "hold",
    .help = "the unit arrives later, what follows overtakes it",
    .on = trait::overtakable | trait::whole_connection,
    .keys = waiting_keys | bit(Key::repair),
    .needs = "for=1s",
    .decision = Decision::held,
    .takes_unit = true,
    .changes_length = true,
    .needs_wait = true,
    .allowed = allowed,
    .judge = [](Acting& acting) { acting.outcome.arrives = false; },
    .act = [](Acting& acting) { acting.add<HeldUnit>(acting.host, acting.index); },
};

}  // namespace mig::proxy
