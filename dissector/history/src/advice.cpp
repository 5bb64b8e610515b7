// SPDX-License-Identifier: GPL-2.0-or-later
#include "advice.hpp"

#include <algorithm>

namespace mig {
namespace {

bool disagree(const SideStates& states) noexcept {
  return std::any_of(states.begin(), states.end(),
                     [&](const SideState& s) { return s.runs != states.front().runs; });
}

bool can(const Verdict& v, Runner runner) noexcept {
  return std::find(v.possible.begin(), v.possible.end(), runner) != v.possible.end();
}

using Lines = std::vector<std::string_view>;

Lines recovery(std::string_view caution) {
  return {"on the destination migrate-recover with a new URI, then on the source migrate with resume=true",
          caution};
}

Lines when_lost(const Verdict& v) {
  if (v.source.kind == SideStateKind::finished)
    return {"do not destroy the source: its memory is the newest",
            "`cont` on the source starts its guest again, if the disks were not written by the destination"};
  return {
      "do not destroy the source: it holds the newest memory",
      "`cont` there is refused (Migration is not finalized yet); `migreplay rescue` brings the guest back "
      "if this recording has the whole package (docs/rescue.md)"};
}

/// Only a source that waits for PONG 0x42 (QEMU 10.2), or has sent no package, takes its guest back.
Lines when_hung(const Facts& s) {
  if (s.package_ended && !s.ping_loaded)
    return {
        "do not destroy the source: it holds the newest memory, and it (QEMU before 10.2) has given the "
        "guest up",
        "without a rescue nothing brings the guest back: `migreplay rescue` (docs/rescue.md)"};
  return {"destroy the destination, not the source: the source then goes on with its guest"};
}

Lines when_unfinished(const Verdict& v) {
  switch (v.source.kind) {
    case SideStateKind::paused:
      return recovery("do not destroy either side: the source holds pages that the destination lacks");
    case SideStateKind::gave_up:
      return {"let it go on: a link that breaks now makes both sides wait for a recovery, and loses nothing",
              "do not destroy the source before it has completed: it holds pages that the destination lacks"};
    default:
      return {"do not break the link: the source would take its guest back while the destination runs it",
              "when the destination has all memory, destroy the source"};
  }
}

Lines when_recovered(const Facts& s, const Facts& d) {
  if (s.guest_goes_on) return {};
  if (d.first_end && d.first_end->by == Peer::source && !d.shut) return {"the migration can be tried again"};
  return {s.switchover ? "the migration can be tried again; look first at what the destination refused"
                       : "the migration can be tried again"};
}

}  // namespace

std::vector<std::string_view> would_decide(const SideStates& sources, const SideStates& destinations,
                                           const Facts& s, const Facts& d, bool stream_file) {
  std::vector<std::string_view> out;
  if (stream_file) {
    if (!s.eof) out.push_back("the whole file");
    out.push_back("query-status on the source");
    return out;
  }
  if (!s.from_the_start) out.push_back("a capture from the beginning of the migration");
  if (s.gaps[0] || s.gaps[1] || d.gaps[0] || d.gaps[1])
    out.push_back("the bytes that this capture lacks or that could not be read");
  if (s.unbounded || d.unbounded)
    out.push_back("nothing on the wire: without section footers the end of a device cannot be read");
  if (s.open() && s.backlog[0]) out.push_back("a capture that goes on until the destination reads again");
  if (s.open() && !s.shut && !s.backlog[0]) out.push_back("a capture that goes on until the migration ends");
  if (disagree(sources)) out.push_back("query-migrate and query-status on the source");
  if (disagree(destinations))
    out.push_back("query-status on the destination, or whether its process is still there");
  return out;
}

std::vector<std::string_view> what_next(const Verdict& v, const Facts& s, const Facts& d) {
  if (!v.certain() && can(v, Runner::destination) && can(v, Runner::source))
    return {"ask both sides for query-status before anything is destroyed or started"};
  switch (v.outcome) {
    case Outcome::split_brain:
      return {"stop one side at once: both write to the same disks, and images without locking take damage",
              "keep the side whose guest has gone further for its users (docs/findings.md)",
              "a destination that was started with -S, as libvirt does, runs only after `cont`: query-status "
              "there"};
    case Outcome::lost: return when_lost(v);
    case Outcome::paused:
      if (v.source.kind == SideStateKind::finished)
        return {"start a QEMU of the same machine with `-incoming file:` or `exec:` and this file"};
      return recovery("do not destroy either side: each holds a part of the memory");
    case Outcome::hung: return when_hung(s);
    case Outcome::unfinished: return when_unfinished(v);
    case Outcome::rolled_back:
      return {"the guest goes on from the switchover: check what it wrote since then"};
    case Outcome::recovered: return when_recovered(s, d);
    case Outcome::running: return {"do not destroy the source: it is still needed"};
    default: return {};
  }
}

}  // namespace mig
