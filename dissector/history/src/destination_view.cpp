// SPDX-License-Identifier: GPL-2.0-or-later
// The destination's half of the rules; docs/verdicts.md has the evidence for each.
#include "mig/history/verdict.hpp"

namespace mig {
namespace {

using Kind = SideStateKind;

constexpr SideState not_told{Kind::not_told, false, "was not told to run"};
constexpr SideState never_told{Kind::failed, false, "was not told to run before the link ended"};
constexpr SideState no_destination{Kind::not_told, false, "is not there: the stream was written to a file"};
constexpr SideState loading{Kind::loading, false, "has the package and has not answered that it is loaded"};
constexpr SideState loading_all{Kind::loading, false,
                                "has the whole stream and has not answered that it is loaded"};
constexpr SideState loaded_all{Kind::runs, true, "has the whole stream and may run the guest already"};
constexpr SideState loaded_runs{Kind::runs, true, "runs the guest: it has loaded all devices"};
constexpr SideState told{Kind::runs, true, "runs the guest, if its devices load: it has the whole package"};
constexpr SideState told_all{Kind::runs, true, "runs the guest, if it loads: it has the whole stream"};
constexpr SideState runs_on{
    Kind::runs, true, "runs the guest until it needs a page that has not come, and waits for a recovery"};
constexpr SideState stands{Kind::paused, false,
                           "waits for a recovery: its guest stands at a page that has not come"};
constexpr SideState ended{Kind::failed, false, "ended the connection itself after it had run the guest"};
constexpr SideState has_everything{Kind::has_everything, true, "runs the guest: it has everything (SHUT 0)"};
constexpr SideState has_stream{Kind::has_everything, true,
                               "runs the guest: it read the whole stream and closed in good order"};
constexpr SideState has_all_ram{Kind::runs, true, "runs the guest: it has all devices and all memory"};
constexpr SideState failed{Kind::failed, false, "has failed: it ended the connection before it had loaded"};
constexpr SideState said_failed{Kind::failed, false, "has failed, and said so (SHUT with an error)"};
constexpr SideState failed_by_link{Kind::failed, false, "has failed, if the link ended before it had loaded"};
constexpr SideState runs_in_spite{Kind::runs, true, "had loaded all devices before it reported a failure"};
constexpr SideState lost_channel{Kind::failed, false,
                                 "has failed: a channel of it was reset before it had loaded"};
constexpr SideState not_seen{Kind::unknown, false, "what would tell was not seen"};
constexpr SideState not_seen_runs{Kind::unknown, true, "what would tell was not seen"};

bool ended_by_itself(const Facts& f) noexcept { return f.first_end && f.first_end->by == Peer::destination; }

/// It lacks nothing. A page may be cut short by the end of its connection: so the last thing that came is not
/// one.
bool has_all_pages(const Facts& f, const Vantage& v) noexcept {
  if (f.all_ram_sent(v.capture_end)) return true;
  const bool surely_came = v.viewpoint != Viewpoint::source || !v.deeds.cut;
  return v.all_pages_sent && f.ram_rests && !f.preempt_end && surely_came && !f.gaps[0];
}

/// The newest recovery went through: pages come again.
bool is_resumed(const Facts& f) noexcept { return f.resumed && f.resumed->ns >= f.recovery->ns; }

SideStates in_postcopy(const Facts& f, const Vantage& v) {
  const bool one_cpu = f.cpus == 1;
  if (f.open()) {
    if (has_all_pages(f, v)) return {has_all_ram};
    if (f.recovery && !is_resumed(f)) return {stands, runs_on};
    if (v.silent && v.request_open && one_cpu) return {stands};
    return v.silent && v.request_open ? SideStates{stands, runs_on} : SideStates{loaded_runs};
  }
  if (f.eof) return ended_by_itself(f) ? SideStates{has_all_ram, ended} : SideStates{has_all_ram};
  if (has_all_pages(f, v))
    return ended_by_itself(f) ? SideStates{ended, has_all_ram} : SideStates{has_all_ram};
  if (ended_by_itself(f)) return {ended, stands};
  if (v.request_open && one_cpu) return {stands};
  return {stands, runs_on};
}

SideStates with_package(const Facts& f, const Vantage& v) {
  if (f.pong_devices || f.pong_loaded) return in_postcopy(f, v);
  const bool answers = f.ping_listening || f.ping_loaded;
  if (f.open()) {
    if (f.preempt_end) return {lost_channel};
    return answers ? SideStates{loading} : SideStates{told, loading};
  }
  if (ended_by_itself(f)) return {failed};
  return {told, failed_by_link};
}

SideStates with_stream(const Facts& f) {
  if (f.return_path) {
    if (f.open()) return {loading_all, loaded_all};
    return ended_by_itself(f) ? SideStates{failed} : SideStates{told_all, failed_by_link};
  }
  const auto& last = f.second_end && f.second_end->by == Peer::destination ? f.second_end : f.first_end;
  if (!last || last->by == Peer::source) return {loaded_all, loading_all};
  return {last->reset ? failed : has_stream};
}

SideStates after_error(const Facts& f) {
  return f.pong_devices ? SideStates{said_failed, runs_in_spite} : SideStates{said_failed};
}

}  // namespace

SideStates destination_states(const Facts& f, const Vantage& v) {
  if (v.stream_file) return {no_destination};
  if (f.shut) return f.shut_value == 0 ? SideStates{has_everything} : after_error(f);
  const bool telling = f.begun || f.has_package() || f.eof;
  if (!telling) return {not_seen, not_seen_runs};
  auto states = f.has_package() ? with_package(f, v)
                : f.eof         ? with_stream(f)
                : f.open()      ? SideStates{not_told}
                                : SideStates{never_told};
  // A package is loaded when all of it is there: what is in it and cannot be read makes no difference.
  const bool waits = f.open() && f.package_begun && !f.has_package() && !f.lacks_bytes;
  const bool loaded = f.open() && (f.pong_loaded || f.pong_devices);
  if (f.known_in_full() || loaded || waits) return states;
  states.push_back(states.front().runs ? not_seen : not_seen_runs);
  return states;
}

}  // namespace mig
