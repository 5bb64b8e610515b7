// SPDX-License-Identifier: GPL-2.0-or-later
#include "proxy/actions/acting.hpp"
#include "proxy/rules/action.hpp"

namespace mig::proxy {
namespace {

class Discard final : public Filter {
 public:
  explicit Discard(RuleIndex rule) : rule_(rule) {}
  void bytes(Bytes /*bytes*/, const Next& /*next*/) override {}
  void step(const Step& step, const Next& next) override {
    pass_undelivered(step, rule_, Decision::dropped, next);
  }
  [[nodiscard]] Passage passage() const noexcept override { return Passage::ended; }

 private:
  RuleIndex rule_;
};

}  // namespace

extern constinit const Action drop_action{
    .word = "drop",
    .help = "the unit does not arrive",
    .on = trait::in_stream,
    .keys = bit(Key::repair),
    .decision = Decision::dropped,
    .takes_unit = true,
    .changes_length = true,
    .judge = [](Acting& acting) { acting.outcome.arrives = false; },
    .act = [](Acting& acting) { acting.add<Discard>(acting.index); },
};

}  // namespace mig::proxy
