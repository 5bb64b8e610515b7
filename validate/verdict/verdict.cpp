// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/verdict/verdict.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

#include "validate/base/size_text.hpp"

namespace mig::validate {
namespace {

bool is_one_of(const std::string& text, std::initializer_list<std::string_view> choices) {
  return std::find(choices.begin(), choices.end(), text) != choices.end();
}

/// The ticks that decide, taken from the observations once.
struct Ticking {
  TickSummary source_now, destination_now;
  TickSummary source_ever, destination_ever;
  std::optional<std::uint32_t> source_before_handover;  ///< its last tick before the destination's first
  TickSummary source_after_handover;
  std::optional<std::uint32_t> began_anew;  ///< the destination's guest counted back to this: it was reset

  explicit Ticking(const Observations& seen)
      : source_now(ticks_between(seen.source.ticks, seen.watched_from, seen.watched_to)),
        destination_now(ticks_between(seen.destination.ticks, seen.watched_from, seen.watched_to)),
        source_ever(ticks_between(seen.source.ticks, -1e9, seen.watched_to)),
        destination_ever(ticks_between(seen.destination.ticks, -1e9, seen.watched_to)) {
    if (destination_ever.count == 0) return;
    for (std::size_t i = 1; i < seen.destination.ticks.size(); ++i)
      if (seen.destination.ticks[i].first <= seen.destination.ticks[i - 1].last)
        began_anew = seen.destination.ticks[i].first;
    const auto handover = ticks_between(seen.source.ticks, -1e9, seen.destination.ticks.front().at);
    if (handover.count != 0) source_before_handover = handover.last;
    source_after_handover =
        ticks_between(seen.source.ticks, seen.destination.ticks.front().at, seen.watched_to);
  }

  /// The destination counts on from the source: it is the same guest, not one that started again.
  [[nodiscard]] bool continued() const {
    return source_before_handover && !began_anew && destination_ever.count != 0 &&
           destination_ever.first > *source_before_handover;
  }
};

Verdict judge_silence(const Observations& seen) {
  const auto& source = seen.source;
  const auto& destination = seen.destination;
  const bool both_alive = source.process_end.empty() && destination.process_end.empty();
  if (both_alive && source.status == "postcopy-paused" && destination.status == "postcopy-paused")
    return Verdict::paused;
  // One side is past waiting: nothing can complete this migration any more, and the rescues did not help.
  const bool over = !both_alive ||
                    is_one_of(source.status, {"failed", "cancelled", "completed", "postcopy-paused"}) ||
                    is_one_of(destination.status, {"failed", "completed"});
  return over ? Verdict::lost : Verdict::hung;
}

Verdict decide(const Observations& seen, const Ticking& ticking) {
  const bool source = ticking.source_now.count != 0;
  const bool destination = ticking.destination_now.count != 0;
  if (source && destination) return Verdict::split_brain;
  if (!source && !destination) return judge_silence(seen);
  if (destination) {
    if (!ticking.continued()) return Verdict::lost;
    const bool source_knows = is_one_of(seen.source.status, {"completed", "failed", "cancelled"});
    return source_knows || !seen.source.process_end.empty() ? Verdict::migrated : Verdict::unfinished;
  }
  const bool still_migrating = !is_one_of(seen.source.status, {"none", "completed", "failed", "cancelled"});
  if (still_migrating) return Verdict::hung;
  return ticking.destination_ever.count != 0 ? Verdict::rolled_back : Verdict::recovered;
}

std::string ticking_text(const SideObservations& side, const TickSummary& now, const TickSummary& ever,
                         Seconds window) {
  if (now.count != 0)
    return "its guest runs, " + std::to_string(now.count) + " ticks in the last " + seconds_text(window) +
           ", the last was " + tick_text(now.last);
  if (ever.count == 0) return "its guest never ticked";
  return "its guest is silent for at least " + seconds_text(window) + ", the last was " +
         tick_text(ever.last) +
         (side.process_end.empty() && side.run_state == "running" ? ", though QEMU calls it running" : "");
}

std::string handover_text(const Ticking& ticking) {
  const auto first = tick_text(ticking.destination_ever.first);
  if (!ticking.source_before_handover)
    return "the destination's guest began at " + first + ", the source's had never ticked";
  if (ticking.began_anew)
    return "the destination's guest counted back to " + tick_text(*ticking.began_anew) +
           ": it started again, and what was migrated is gone";
  const auto last = tick_text(*ticking.source_before_handover);
  return ticking.continued()
             ? "the counter went on: the source stopped at " + last + ", the destination began with " + first
             : "the destination's guest began at " + first + " though the source's stood at " + last +
                   ": it is not the guest that was migrated";
}

// The same ticks on both sides are two histories of one guest.
std::string twice_text(const Ticking& ticking) {
  const auto first = std::max(ticking.source_after_handover.first, ticking.destination_ever.first);
  const auto last = std::min(ticking.source_after_handover.last, ticking.destination_ever.last);
  if (ticking.source_after_handover.count == 0 || first > last) return {};
  return tick_text(first) + " to " + tick_text(last) +
         " happened twice, once on each side: two histories of one guest";
}

void collect_memory(const SideObservations& side, const char* name, std::vector<std::string>& out) {
  if (side.memory.verified.empty()) return;
  const auto& last = side.memory.verified.back();
  out.push_back(std::string(name) + "'s guest verified its memory, round after round, up to " +
                std::to_string(last.number));
}

void collect_libvirt(const LibvirtSeen& libvirt, std::vector<std::string>& out) {
  out.push_back("virsh domstate: source " + libvirt.source_domain + ", destination " +
                libvirt.destination_domain);
  out.push_back("virsh migrate: " + libvirt.virsh +
                (libvirt.virsh_says.empty() ? "" : ", " + libvirt.virsh_says));
  out.push_back("libvirt's cont on the destination: " + libvirt.cont);
}

void collect_evidence(const Observations& seen, const Ticking& ticking, std::vector<std::string>& out) {
  const auto window = seen.watched_to - seen.watched_from;
  out.push_back("source: " + ending_of(seen.source) + "; " +
                ticking_text(seen.source, ticking.source_now, ticking.source_ever, window));
  out.push_back("destination: " + ending_of(seen.destination) + "; " +
                ticking_text(seen.destination, ticking.destination_now, ticking.destination_ever, window));
  if (ticking.destination_ever.count != 0) out.push_back(handover_text(ticking));
  if (const auto twice = twice_text(ticking); !twice.empty()) out.push_back(twice);
  collect_memory(seen.source, "source", out);
  collect_memory(seen.destination, "destination", out);
  if (!seen.source.error.empty()) out.push_back("source says: " + seen.source.error);
  if (!seen.destination.error.empty()) out.push_back("destination says: " + seen.destination.error);
  for (const auto& rescue : seen.rescues)
    out.push_back(std::string("tried ") + rescue.command + " on the " + to_string(rescue.side) + ": " +
                  (rescue.accepted ? "accepted" : "refused, " + rescue.error));
  if (seen.libvirt) collect_libvirt(*seen.libvirt, out);
}

constexpr std::array<std::pair<std::string_view, std::string_view>, 8> texts{{
    {"MIGRATED", "Only the destination runs the guest, and it went on where the source stopped."},
    {"RECOVERED", "Only the source runs the guest, as if no migration had been tried."},
    {"ROLLED-BACK",
     "Only the source runs the guest, but the destination had run it too: what the guest did there is lost."},
    {"UNFINISHED",
     "Only the destination runs the guest, and the source does not know it: it neither completes nor fails."},
    {"SPLIT-BRAIN", "Both sides run the same guest at the same time."},
    {"LOST", "Nobody runs the guest, and no command brings it back."},
    {"PAUSED", "Nobody runs the guest, but both sides wait for a recovery."},
    {"HUNG", "Neither side makes progress, and neither has reported a failure."},
}};

}  // namespace

std::string_view to_string(Verdict verdict) { return texts.at(static_cast<std::size_t>(verdict)).first; }
std::string_view meaning(Verdict verdict) { return texts.at(static_cast<std::size_t>(verdict)).second; }

std::optional<Verdict> parse_verdict(std::string_view word) {
  for (std::size_t i = 0; i < texts.size(); ++i)
    if (texts.at(i).first == word) return static_cast<Verdict>(i);
  return std::nullopt;
}

std::vector<std::string> verdict_words() {
  std::vector<std::string> words;
  for (const auto& text : texts) words.emplace_back(text.first);
  return words;
}

Judgement judge(const Observations& seen) {
  const Ticking ticking(seen);
  Judgement judgement;
  judgement.verdict = decide(seen, ticking);
  collect_evidence(seen, ticking, judgement.evidence);
  judgement.broken = violations_of(seen);
  return judgement;
}

}  // namespace mig::validate
