// SPDX-License-Identifier: GPL-2.0-or-later
#include "proxy/actions/acting.hpp"
#include "proxy/rules/action.hpp"

namespace mig::proxy {
namespace {

class Twice final : public Collector {
 public:
  Twice(ActionHost& host, RuleIndex rule) : Collector(host, rule), rule_(rule) {}

 private:
  void complete(const Next& /*next*/) override { copy_ = collected_; }
  void sent(const Next& next) override {
    if (copy_.empty() || next.is_blocked()) return host().ineffective(rule_, another_takes_it);
    next.send(copy_);
  }

  RuleIndex rule_;
  std::vector<std::byte> copy_;
};

}  // namespace

extern constinit const Action duplicate_action{
    .word = "duplicate",
    .help = "the unit arrives twice",
    .on = trait::in_stream,
    .keys = bit(Key::repair),
    .decision = Decision::duplicated,
    .changes_length = true,
    .judge =
        [](Acting& acting) {
          acting.outcome.copied = true;
          if ((row(acting.rule.unit).traits & trait::only_once) != 0) acting.outcome.garbles = true;
        },
    .act =
        [](Acting& acting) {
          if (acting.outcome.size) *acting.outcome.size *= 2;
          acting.add<Twice>(acting.host, acting.index);
        },
};

}  // namespace mig::proxy
