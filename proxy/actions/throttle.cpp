// SPDX-License-Identifier: GPL-2.0-or-later
#include "proxy/actions/acting.hpp"
#include "proxy/rules/action.hpp"
#include "proxy/rules/rule_parser.hpp"

namespace mig::proxy {
namespace {

/// Limits a direction while the rule's scope fits, and until its time is over. One throttle for all
/// connections of the migration: it counts on the first of them.
class RateLimit final : public Filter {
 public:
  RateLimit(ActionHost& host, RuleIndex index, const FaultRule& rule)
      : host_(host), index_(index), rule_(rule) {}
  void begin(const Next& next) override { chunk(next); }
  void chunk(const Next& next) override {
    auto& limiter = host_.rate_limiter();
    if (limiter == index_) {
      if (!(end_ && host_.released(*end_)) && host_.in_scope(index_)) return;
      limiter.reset();
      over_ = true;
      next.step(Throttle{0});
    }
    if (!over_ && !limiter && host_.sent() >= rule_.after.value_or(0)) limit(next);
  }

 private:
  void limit(const Next& next) {
    if (!host_.in_scope(index_) || !host_.armed(index_)) return;
    if (!host_.is_exhausted(index_) && !host_.fire(index_)) return;
    host_.rate_limiter() = index_;
    next.step(Throttle{rule_.amount.value_or(0)});
    if (!waits(rule_)) return;
    end_ = host_.new_hold(index_);
    if (rule_.duration != Duration{}) next.step(StartTimer{*end_, rule_.duration});
  }

  ActionHost& host_;
  RuleIndex index_;
  const FaultRule& rule_;
  std::optional<HoldId> end_;
  bool over_ = false;
};

}  // namespace

extern constinit const Action throttle_action{
    .word = "throttle",
    .help = "no more than by= bytes each second",
    .on = trait::whole_stream,
    .keys = bit(Key::by) | bit(Key::duration) | bit(Key::until) | bit(Key::after),
    .needs = "by=1KiB/s",
    .decision = Decision::throttled,
    .by_is_rate = true,
    .check =
        [](RuleParser& parser) {
          if (parser.rule().amount.value_or(0) != 0) return true;
          return parser.reject(parser.head() + " needs by=", "a rate such as by=8MiB/s");
        },
    .start = [](Acting& acting) { acting.add<RateLimit>(acting.host, acting.index, acting.rule); },
};

}  // namespace mig::proxy
