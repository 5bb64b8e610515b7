// SPDX-License-Identifier: GPL-2.0-or-later
// close, reset, half-close, absorb, blackhole: what ends a connection, or silences it for a time.
#include <algorithm>

#include "proxy/actions/acting.hpp"
#include "proxy/rules/action.hpp"

namespace mig::proxy {
namespace {

/// Some bytes pass, then the steps are taken.
class Cut final : public Window {
 public:
  /// `stops`: nothing follows the steps.
  Cut(RuleIndex rule, std::uint64_t keep, std::vector<Step> steps, bool stops)
      : Window(keep, rule, Decision::closed), steps_(std::move(steps)), stops_(stops) {}
  /// Of a connection, not of a unit: the rule fires when it cuts.
  void fires_at_cut(ActionHost& host) { host_ = &host; }

  /// The unit was shorter than after=.
  void end(const Next& next) override {
    if (!was_cut()) take_steps(next);
  }
  void give_up(const Next& /*next*/) override {}

 private:
  bool cut(const Next& next) override {
    if (host_ != nullptr && !host_->may_act(rule())) return false;
    take_steps(next);
    return stops_;
  }
  void take_steps(const Next& next) const {
    for (const auto& step : steps_) next.step(step);
  }

  std::vector<Step> steps_;
  bool stops_;
  ActionHost* host_ = nullptr;
};

/// The note comes with the cut.
void act(Acting& acting) {
  const auto& rule = acting.rule;
  const auto keep = rule.after.value_or(0);
  if (passes_later(rule))
    return acting.add<Cut>(acting.index, keep, acting.host.wait_steps(acting.index), false);
  const bool own = acting.host.on_its_channel(acting.index);
  const bool all = rule.channel == ChannelChoice::all;
  const bool header_arrives = acting.event.extent.begins != Level::unit && keep >= acting.raw.size();
  Note note{acting.event,
            acting.host.connection(),
            acting.host.direction(),
            Decision::closed,
            acting.index,
            !own || header_arrives,
            0};
  if (rule.channel && !all) note.trigger = acting.host.end_others_later(acting.index);
  acting.outcome.notes_itself = true;
  acting.outcome.arrives = acting.outcome.arrives && note.observed;
  std::vector<Step> steps{note};
  if (own) steps.emplace_back(Close{*rule.action->ends, all});
  acting.add<Cut>(acting.index, keep, std::move(steps), own);
}

/// A connection that is ended after some bytes, or only if it is of some channel or migration.
void start(Acting& acting) {
  const auto& rule = acting.rule;
  const bool later = rule.after || rule.channel || rule.migration;
  if (rule.unit != Unit::connection || rule.on || rule.phase || !later) return;
  if (!acting.host.in_scope(acting.index) || !acting.host.on_its_channel(acting.index)) return;
  const auto keep = rule.after.value_or(0) - std::min(rule.after.value_or(0), acting.host.sent());
  const bool stops = !passes_later(rule);
  auto cut = std::make_unique<Cut>(
      acting.index, keep,
      stops ? std::vector<Step>{Close{*rule.action->ends, rule.channel == ChannelChoice::all}}
            : acting.host.wait_steps(acting.index),
      stops);
  cut->fires_at_cut(acting.host);
  acting.filters.push_back(std::move(cut));
}

constexpr Action closing(std::string_view word, CloseHow how, std::string_view help) {
  return {.word = word,
          .help = help,
          .on = trait::in_stream | trait::whole_connection,
          .keys = bit(Key::after),
          .decision = Decision::closed,
          .takes_unit = true,
          .ends = how,
          .act = act,
          .start = start};
}

}  // namespace

extern constinit const Action close_action =
    closing("close", CloseHow::end, "orderly end of stream on both legs");
extern constinit const Action reset_action = closing("reset", CloseHow::reset, "TCP reset on both legs");
extern constinit const Action half_close_action =
    closing("half-close", CloseHow::half_close, "end of stream in the unit's direction only");
extern constinit const Action absorb_action =
    closing("absorb", CloseHow::absorb, "the sender may go on writing, nobody gets it");
extern constinit const Action blackhole_action = [] {
  auto action = closing("blackhole", CloseHow::blackhole, "both legs stay open, nothing passes");
  action.keys |= waiting_keys;
  action.halts = true;
  return action;
}();

}  // namespace mig::proxy
