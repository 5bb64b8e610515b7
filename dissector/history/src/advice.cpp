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

}  // namespace

std::vector<std::string_view> would_decide(const SideStates& sources, const SideStates& destinations,
                                           const Facts& s, const Facts& d) {
  std::vector<std::string_view> out;
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

std::vector<std::string_view> what_next(const Verdict& v, const Facts& s) {
  if (!v.certain() && can(v, Runner::destination) && can(v, Runner::source))
    return {"ask both sides for query-status before anything is destroyed or started"};
  switch (v.outcome) {
    case Outcome::split_brain:
      return {"stop one side at once: both write to the same disks, and images without locking take damage",
              "keep the side whose guest has gone further for its users (docs/findings.md)"};
    case Outcome::lost:
      if (v.source.kind == SideStateKind::finished)
        return {
            "do not destroy the source: its memory is the newest",
            "`cont` on the source starts its guest again, if the disks were not written by the destination"};
      return {"do not destroy the source: it holds the newest memory",
              "`cont` there is refused (Migration is not finalized yet); `migreplay rescue` brings the guest "
              "back "
              "if this recording has the whole package (docs/rescue.md)"};
    case Outcome::paused:
      return {
          "on the destination migrate-recover with a new URI, then on the source migrate with resume=true",
          "do not destroy either side: each holds a part of the memory"};
    case Outcome::hung:
      return {"destroy the destination, not the source: a source from 10.2 on then goes on with its guest"};
    case Outcome::unfinished:
      if (v.source.kind == SideStateKind::paused)
        return {
            "on the destination migrate-recover with a new URI, then on the source migrate with resume=true",
            "do not destroy either side: the source holds pages that the destination lacks"};
      return {"do not break the link: the source would take its guest back while the destination runs it",
              "when the destination has all memory, destroy the source"};
    case Outcome::rolled_back:
      return {"the guest goes on from the switchover: check what it wrote since then"};
    case Outcome::recovered:
      return {s.switchover ? "the migration can be tried again; look first at what the destination refused"
                           : "the migration can be tried again"};
    case Outcome::running: return {"do not destroy the source: it is still needed"};
    default: return {};
  }
}

}  // namespace mig
