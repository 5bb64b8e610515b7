// SPDX-License-Identifier: GPL-2.0-or-later
// A direction that stops now and then, as one does whose packets are lost and sent again.
#include "proxy/actions/acting.hpp"
#include "proxy/rules/action.hpp"
#include "proxy/rules/rule_parser.hpp"

namespace mig::proxy {
namespace {

class Stalls final : public Filter {
 public:
  Stalls(ActionHost& host, RuleIndex index, std::uint64_t every)
      : host_(host), index_(index), every_(every), left_(every - host.sent() % every) {}
  void bytes(Bytes bytes, const Next& next) override {
    while (bytes.size() >= left_) {
      const auto size = static_cast<std::size_t>(left_);
      next.send(bytes.first(size));
      bytes = bytes.subspan(size);
      left_ = every_;
      if (may_stall())
        for (const auto& step : host_.wait_steps(index_)) next.step(step);
    }
    left_ -= bytes.size();
    next.send(bytes);
  }

 private:
  /// The first stall is reported; there may be many.
  bool may_stall() {
    if (!host_.in_scope(index_) || !host_.armed(index_)) return false;
    if (reported_) return host_.fire(index_);
    return reported_ = host_.may_act(index_);
  }

  ActionHost& host_;
  RuleIndex index_;
  std::uint64_t every_;
  std::uint64_t left_;  // bytes until the next stall
  bool reported_ = false;
};

bool check_stall(RuleParser& parser) {
  if (parser.rule().after.value_or(0) != 0) return true;
  return parser.reject(parser.head() + " needs after=", "after how many bytes each time, such as after=1MiB");
}

}  // namespace

extern constinit const Action stall_action{
    .word = "stall",
    .help = "the direction stops for a time, each time that after= bytes have passed",
    .on = trait::whole_stream,
    .keys = waiting_keys | bit(Key::after),
    .needs = "after=1MiB,for=200ms",
    .decision = Decision::delayed,
    .needs_wait = true,
    .halts = true,
    .check = check_stall,
    .start =
        [](Acting& acting) { acting.add<Stalls>(acting.host, acting.index, acting.rule.after.value_or(1)); },
};

}  // namespace mig::proxy
