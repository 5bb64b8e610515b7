// SPDX-License-Identifier: GPL-2.0-or-later
#include "mig/history/verdict.hpp"

#include <algorithm>
#include <array>

#include "advice.hpp"

namespace mig {
namespace {

using Kind = SideStateKind;

Runner runner(const SideState& source, const SideState& destination) noexcept {
  if (source.runs) return destination.runs ? Runner::both : Runner::source;
  return destination.runs ? Runner::destination : Runner::nobody;
}

/// A snapshot is complete with its end, and the guest goes on.
bool is_under_way(const Facts& f) noexcept {
  return f.open() && !f.shut && !f.invalid_message && !(f.eof && f.guest_goes_on);
}

Outcome when_source_runs(const SideState& source, const Facts& s, const Facts& d) noexcept {
  if (source.kind == Kind::unknown) return Outcome::unknown;
  if (is_under_way(s)) return Outcome::running;
  return d.pong_devices || d.pong_loaded ? Outcome::rolled_back : Outcome::recovered;
}

Outcome when_destination_runs(const SideState& source, const Facts& s, bool silent) noexcept {
  if (source.kind == Kind::finished) return Outcome::migrated;
  if (source.kind == Kind::unknown) return Outcome::unknown;
  return is_under_way(s) && !silent ? Outcome::running : Outcome::unfinished;
}

Outcome when_nobody_runs(const SideState& source, const SideState& destination, const Facts& s,
                         const Vantage& v) noexcept {
  if (source.kind == Kind::unknown || destination.kind == Kind::unknown) return Outcome::unknown;
  if (v.stream_file || (source.kind == Kind::paused && destination.kind == Kind::paused))
    return Outcome::paused;
  const bool over = destination.kind == Kind::failed || source.kind == Kind::finished;
  if (is_under_way(s) && source.kind != Kind::finished)
    return v.silent ? (over ? Outcome::lost : Outcome::hung) : Outcome::running;
  return over ? Outcome::lost : Outcome::hung;
}

Outcome outcome(const SideState& source, const SideState& destination, const Facts& s, const Facts& d,
                const Vantage& v) noexcept {
  switch (runner(source, destination)) {
    case Runner::both: return Outcome::split_brain;
    case Runner::source: return when_source_runs(source, s, d);
    case Runner::destination: return when_destination_runs(source, s, v.silent);
    case Runner::nobody: return when_nobody_runs(source, destination, s, v);
  }
  return Outcome::unknown;
}

void add_evidence(std::vector<Evidence>& out, const Sighting& seen, std::string_view text) {
  if (seen) out.push_back({text, *seen});
}

std::string_view end_text(const PeerEnd& end) noexcept {
  if (end.by == Peer::source)
    return end.reset ? "the source's side reset the connection"
                     : "the source's side closed the connection (FIN)";
  return end.reset ? "the destination's side reset the connection"
                   : "the destination's side closed the connection (FIN)";
}

std::vector<Evidence> evidence(const Facts& s, const Facts& d) {
  std::vector<Evidence> out;
  add_evidence(out, s.package_ended, "the source sent the package");
  add_evidence(out, d.package_ended && !s.package_ended ? d.package_ended : Sighting{},
               "the package arrived");
  add_evidence(out, d.pong_devices, "PONG 3: the destination loaded the package's sections");
  add_evidence(out, s.pong_loaded, "PONG 0x42 reached the source");
  if (d.pong_loaded && !s.pong_loaded)
    out.push_back({"PONG 0x42 was sent, and did not reach the source", *d.pong_loaded});
  add_evidence(out, s.recovery, "a recovery began");
  add_evidence(out, s.eof, "the end of the stream was sent");
  if (s.shut)
    out.push_back({s.shut_value == 0 ? "SHUT 0: the destination is done" : "SHUT with an error", *s.shut});
  if (d.shut && !s.shut) out.push_back({"SHUT was sent, and did not reach the source", *d.shut});
  add_evidence(out, s.invalid_message, "a message that the source refuses to read");
  for (const auto* end : {&s.first_end, &s.second_end})
    if (*end) out.push_back({end_text(**end), (*end)->when});
  const auto before = [](const Evidence& a, const Evidence& b) { return a.when.ns < b.when.ns; };
  std::stable_sort(out.begin(), out.end(), before);
  return out;
}

/// Each of them once, in the order of their likelihood.
void add_new(SideStates& all, const SideStates& more) {
  for (const auto& state : more) {
    const auto same = [&](const SideState& s) { return s.kind == state.kind && s.runs == state.runs; };
    if (std::none_of(all.begin(), all.end(), same)) all.push_back(state);
  }
}

/// The source's facts are those of its own leg: what is known to have been taken away, the other side sent.
Facts beyond_source_leg(Facts f, const Deeds& deeds) {
  if (deeds.shut_taken) f.shut = deeds.shut_taken, f.shut_value = deeds.shut_value;
  if (deeds.pong_taken) f.pong_loaded = deeds.pong_taken;
  if (deeds.package_taken) f.package_ended.reset();
  return f;
}

/// The same of the destination's leg.
Facts beyond_destination_leg(Facts f, const Deeds& deeds) {
  if (deeds.shut_taken) f.shut.reset();
  if (deeds.pong_taken) f.pong_loaded.reset();
  if (!deeds.package_taken) return f;
  f.package_begun = f.package_ended = deeds.package_taken;
  f.ping_loaded = deeds.ping_loaded_taken;
  if (f.last_sent.ns > deeds.package_taken->ns) f.behind_package = f.last_sent;
  return f;
}

/// A proxy that has ended a connection takes what still comes, and passes nothing of it on.
/// `receiver` is whose place it took.
bool may_be_lost(const Sighting& sent, Peer receiver, const Facts& f, const Deeds& deeds) noexcept {
  if (!sent || deeds.half_closed) return sent.has_value();
  return deeds.cut && f.first_end && f.first_end->by == receiver &&
         f.first_end->when.ns - sent->ns < Facts::pause;
}

/// The other side's end may be the proxy's, and what was sent or came may be not what the other side got or
/// said.
SideStates destination_beyond_proxy(const Facts& at_source, const Vantage& v) {
  const auto f = beyond_source_leg(at_source, v.deeds);
  auto states = destination_states(f, v);
  if (f.shut && f.shut_value == 0 && !v.deeds.shut) return states;
  auto other = f;
  if (v.deeds.shut) other.shut.reset();
  const bool ended = v.deeds.cut || v.deeds.pong || v.deeds.shut || v.deeds.pong_taken || v.deeds.shut_taken;
  if (ended && other.first_end) other.first_end->by = Peer::source;
  add_new(states, destination_states(other, v));
  if (v.deeds.pong && !f.pong_devices) {
    other.pong_loaded.reset();
    add_new(states, destination_states(other, v));
  }
  if (may_be_lost(f.eof, Peer::destination, f, v.deeds)) {
    auto without = other;
    without.eof.reset();
    add_new(states, destination_states(without, v));
  }
  if (!v.deeds.forward || f.pong_devices) return states;
  other.package_ended.reset();
  other.eof.reset();
  add_new(states, destination_states(other, v));
  return states;
}

/// What the destination answered may not have reached the source.
void add_lost_answers(SideStates& states, Facts f, const Vantage& v) {
  if (may_be_lost(f.shut, Peer::source, f, v.deeds)) {
    f.shut.reset();
    add_new(states, source_states(f, v));
  }
  if (!f.recovery && may_be_lost(f.pong_loaded, Peer::source, f, v.deeds)) {
    f.pong_loaded.reset();
    add_new(states, source_states(f, v));
  }
}

SideStates source_beyond_proxy(const Facts& at_destination, const Vantage& v) {
  const auto f = beyond_destination_leg(at_destination, v.deeds);
  auto states = source_states(f, v);
  auto other = f;
  if (v.deeds.shut) other.shut.reset();
  add_new(states, source_states(other, v));
  add_lost_answers(states, other, v);
  if (v.deeds.one_leg_only) {
    auto open = other;
    open.first_end.reset();
    add_new(states, source_states(open, v));
  }
  if (f.recovery || f.eof) return states;
  // A source that was closed, not reset, may write on to the end, and never read SHUT.
  if (v.deeds.cut && f.package_ended && !f.ping_loaded && f.first_end && !f.first_end->reset) {
    auto whole = other;
    whole.eof = f.first_end->when;
    add_new(states, source_states(whole, v));
  }
  if (v.deeds.pong) {
    const bool answered = other.pong_loaded.has_value();
    other.pong_loaded = answered ? Sighting{} : other.last_sent;
    add_new(states, source_states(other, v));
  }
  if (v.deeds.delays) {
    other.longest_pause = Facts::pause + 1;
    add_new(states, source_states(other, v));
  }
  if (v.deeds.forward && f.advised && f.switchover && !f.package_ended) {
    other.package_ended = f.switchover;
    add_new(states, source_states(other, v));
  }
  return states;
}

/// What may have become of it since then.
void add_future(Verdict& out, const SideStates& sources, const Facts& s, const Vantage& v) {
  if (v.silent || v.stream_file || !is_under_way(s) || (s.eof && !s.return_path)) return;
  const auto add = [&](Runner who) {
    if (std::find(out.possible.begin(), out.possible.end(), who) == out.possible.end())
      out.possible.push_back(who);
  };
  add(Runner::nobody);
  add(Runner::destination);
  if (sources.front().kind != Kind::gave_up) add(Runner::source);
}

Verdict combine(const SideStates& sources, const SideStates& destinations, const Facts& s, const Facts& d,
                const Vantage& v) {
  Verdict out;
  out.source = sources.front();
  out.destination = destinations.front();
  out.outcome = outcome(out.source, out.destination, s, d, v);
  for (const auto& one : sources) {
    for (const auto& other : destinations) {
      const auto who = runner(one, other);
      if (std::find(out.possible.begin(), out.possible.end(), who) == out.possible.end())
        out.possible.push_back(who);
    }
  }
  add_future(out, sources, s, v);
  out.evidence = evidence(s, d);
  if (!out.certain()) out.would_decide = would_decide(sources, destinations, s, d, v.stream_file);
  out.next = what_next(out, s, d);
  return out;
}

}  // namespace

std::string_view to_string(Runner runner) noexcept {
  constexpr std::array<std::string_view, 4> names = {"source", "destination", "both", "nobody"};
  return names[static_cast<std::size_t>(runner)];
}

std::string_view to_string(Outcome outcome) noexcept {
  constexpr std::array<std::string_view, 10> names = {"MIGRATED",    "RECOVERED", "ROLLED-BACK", "UNFINISHED",
                                                      "SPLIT-BRAIN", "LOST",      "PAUSED",      "HUNG",
                                                      "RUNNING",     "UNKNOWN"};
  return names[static_cast<std::size_t>(outcome)];
}

std::string_view meaning(Outcome outcome) noexcept {
  switch (outcome) {
    case Outcome::migrated: return "the destination runs the guest";
    case Outcome::recovered: return "the source runs the guest, the destination never did";
    case Outcome::rolled_back:
      return "the source runs the guest again; what it did on the destination is lost";
    case Outcome::unfinished: return "the destination runs the guest, and the source has not completed";
    case Outcome::split_brain: return "BOTH SIDES run the guest";
    case Outcome::lost: return "nobody runs the guest, and neither side goes on by itself";
    case Outcome::paused: return "nobody runs the guest, and it can be resumed";
    case Outcome::hung: return "nobody runs the guest, nothing moves, and neither side has given up";
    case Outcome::running: return "the migration was under way when the capture ended";
    case Outcome::unknown: return "who runs the guest is not known";
  }
  return {};
}

std::string_view to_string(SideStateKind kind) noexcept {
  constexpr std::array<std::string_view, 10> names = {"runs",           "stopped",  "gave-up", "paused",
                                                      "finished",       "not-told", "loading", "failed",
                                                      "has-everything", "unknown"};
  return names[static_cast<std::size_t>(kind)];
}

Verdict verdict(const Facts& f, const Vantage& v) {
  const auto sources =
      v.viewpoint == Viewpoint::destination ? source_beyond_proxy(f, v) : source_states(f, v);
  const auto destinations =
      v.viewpoint == Viewpoint::source ? destination_beyond_proxy(f, v) : destination_states(f, v);
  return combine(sources, destinations, f, f, v);
}

Verdict verdict(const Facts& s, const Facts& d, const Vantage& v) {
  return combine(source_states(s, v), destination_states(d, v), s, d, v);
}

}  // namespace mig
