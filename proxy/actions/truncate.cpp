// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>

#include "proxy/actions/acting.hpp"
#include "proxy/rules/action.hpp"
#include "proxy/rules/rule_parser.hpp"

namespace mig::proxy {
namespace {

/// For a unit whose size is known: it streams, and ends early.
class ShortWindow final : public Window {
 public:
  ShortWindow(ActionHost& host, RuleIndex rule, std::uint64_t keep)
      : Window(keep, rule, Decision::truncated), host_(host) {}
  void end(const Next& /*next*/) override {
    if (!lost_bytes_) host_.ineffective(rule(), another_takes_it);
  }

 private:
  bool cut(const Next& /*next*/) override { return true; }
  [[nodiscard]] Passage after_cut() const noexcept override { return Passage::cut_short; }

  ActionHost& host_;
};

/// For one whose size is not.
class Shortened final : public Collector {
 public:
  Shortened(ActionHost& host, RuleIndex rule, std::uint64_t by)
      : Collector(host, rule), rule_(rule), by_(by) {}

 private:
  void complete(const Next& next) override {
    if (next.has_ended()) host().ineffective(rule_, another_takes_it);
    const auto missing = std::min<std::uint64_t>(by_, collected_.size());
    collected_.erase(collected_.end() - static_cast<std::ptrdiff_t>(missing), collected_.end());
  }

  RuleIndex rule_;
  std::uint64_t by_;
};

void judge(Acting& acting) {
  auto& outcome = acting.outcome;
  outcome.garbles = true;
  // Of a unit that was duplicated before, the first copy is whole.
  if (acting.event.extent.begins != Level::unit || outcome.copied) return;
  outcome.cut_short = true;
  outcome.arrives = false;
}

void truncate_unit(Acting& acting) {
  const auto by = acting.rule.amount.value_or(0);
  auto& size = acting.outcome.size;
  if (!size) return acting.add<Shortened>(acting.host, acting.index, by);
  *size -= std::min(*size, by);
  acting.add<ShortWindow>(acting.host, acting.index, *size);
}

}  // namespace

extern constinit const Action truncate_action{
    .word = "truncate",
    .help = "the last bytes of the unit are missing",
    .on = trait::in_stream,
    .keys = bit(Key::by) | bit(Key::repair),
    .needs = "by=1",
    .decision = Decision::truncated,
    .changes_length = true,
    .check =
        [](RuleParser& parser) {
          if (parser.rule().amount.value_or(0) != 0) return true;
          return parser.reject(parser.head() + " needs by=", "how many bytes, such as by=1");
        },
    .judge = judge,
    .act = truncate_unit,
};

}  // namespace mig::proxy
