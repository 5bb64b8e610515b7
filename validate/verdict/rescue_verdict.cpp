// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/verdict/rescue_verdict.hpp"

#include <cstdio>

#include "validate/base/size_text.hpp"

namespace mig::validate {
namespace {

constexpr std::size_t rounds_wanted = 2;  // the second one began after the rescue

/// Why the guest that runs is not the one that was lost; empty: it is.
std::string what_is_wrong(const Observations& seen) {
  const auto& rescue = *seen.rescue;
  if (!rescue.problem.empty()) return rescue.problem;
  const auto& guest = rescue.guest;
  if (guest.ticks.empty()) return "the guest does not tick in the third QEMU";
  if (seen.source.ticks.empty()) return "the source's guest had never ticked";
  const auto last = seen.source.ticks.back().last;
  const auto first = guest.ticks.front().first;
  if (first != last + 1)
    return "the source stopped at " + tick_text(last) + ", and the third QEMU began with " + tick_text(first);
  if (guest.memory.damaged()) return "the guest finds its memory damaged";
  if (guest.memory.verified.size() < rounds_wanted) return "the guest has not gone over its memory";
  if (rescue.source.ticks.back().last != last) return "the source's guest ran again";
  return {};
}

}  // namespace

RescueJudgement judge_rescue(const Observations& seen) {
  const auto& rescue = *seen.rescue;
  RescueJudgement judgement;
  const auto wrong = what_is_wrong(seen);
  judgement.rescued = wrong.empty();
  if (!judgement.rescued) {
    judgement.evidence.push_back("not rescued: " + wrong);
  } else {
    const auto& guest = rescue.guest;
    judgement.evidence.push_back("rescued after " + seconds_text(rescue.took) + ": the source stopped at " +
                                 tick_text(seen.source.ticks.back().last) + ", QEMU " + guest.version +
                                 " began with " + tick_text(guest.ticks.front().first) +
                                 " and verified its memory " + std::to_string(guest.memory.verified.size()) +
                                 " times");
  }
  judgement.evidence.push_back("source after the rescue: " + ending_of(rescue.source));
  return judgement;
}

}  // namespace mig::validate
