// SPDX-License-Identifier: GPL-2.0-or-later
// The source's half of the rules; docs/verdicts.md has the evidence for each.
#include "mig/history/verdict.hpp"

namespace mig {
namespace {

using Kind = SideStateKind;

constexpr SideState runs{Kind::runs, true, "runs the guest: nothing has taken it away"};
constexpr SideState goes_on{Kind::runs, true,
                            "runs the guest: this was a snapshot, which does not hand it over"};
constexpr SideState cancelled{
    Kind::runs, true, "ended the stream itself before it was complete: cancelled, or its process ended"};
constexpr SideState resumed{Kind::runs, true,
                            "runs the guest again: the migration failed before it gave it up"};
constexpr SideState resumed_by_misreading{
    Kind::runs, true, "runs the guest again: it could not read a message of the return path"};
constexpr SideState resumed_late{Kind::runs, true,
                                 "runs the guest again: it sent everything and never read SHUT 0"};
constexpr SideState resumed_by_error{Kind::runs, true,
                                     "runs the guest again: the destination reported a failure"};
constexpr SideState resumed_by_race{
    Kind::runs, true,
    "runs the guest again, if it noticed the failure before it had gone on to "
    "postcopy-active"};
constexpr SideState resumed_before_pong{
    Kind::runs, true, "runs the guest again, if it met the end of the connection before it read PONG 0x42"};
constexpr SideState stuck{
    Kind::paused, false,
    "gave the guest up and may wait for ever (QEMU before 10.2, when all had been sent)"};
constexpr SideState stopped{Kind::stopped, false,
                            "has stopped its guest, and resumes it if the migration fails now"};
constexpr SideState waits_for_pong{
    Kind::stopped, false,
    "has stopped its guest and waits for PONG 0x42; without it a failure makes it resume"};
constexpr SideState waits_for_shut{
    Kind::stopped, false, "has sent everything and waits for SHUT; without it a failure makes it resume"};
constexpr SideState gave_up{Kind::gave_up, false, "gave the guest up with PONG 0x42"};
constexpr SideState gave_up_early{
    Kind::gave_up, false, "gave the guest up with the package, which holds no PING 0x42 (QEMU before 10.2)"};
constexpr SideState paused{Kind::paused, false,
                           "gave the guest up and waits for a recovery; `cont` is refused"};
constexpr SideState finished{Kind::finished, false, "has completed: the destination has everything"};
constexpr SideState finished_blindly{
    Kind::finished, false,
    "has completed: it has sent everything, and without a return path it does "
    "not hear how it went"};
constexpr SideState saved{Kind::finished, false, "has completed: the guest is in the file"};
constexpr SideState devices_only{
    Kind::unknown, false, "wrote its device states alone, as for Xen: the guest's memory is not in the file"};
constexpr SideState perhaps_ahead{
    Kind::stopped, false, "may have handed more to its kernel than was sent: its guest may be stopped"};
constexpr SideState perhaps_finished{
    Kind::finished, false, "may have handed everything to its kernel and completed: no return path tells it"};
constexpr SideState unseen{Kind::unknown, false, "what would tell was not seen"};
constexpr SideState unseen_runs{Kind::unknown, true, "what would tell was not seen"};

bool has_given_up(const Facts& f) noexcept {
  return f.pong_loaded || f.recovery || (f.package_ended && !f.ping_loaded);
}

SideStates while_open(const Facts& f) {
  if (f.recovery) return {f.resumed && f.pong_loaded ? gave_up : paused};
  if (f.eof && !f.return_path) return {finished_blindly};
  if (f.eof) return {waits_for_shut};
  if (f.shut) return has_given_up(f) ? SideStates{paused} : SideStates{resumed_by_error};
  if (f.pong_loaded && f.has_package()) return {gave_up};
  if (has_given_up(f)) return {gave_up_early};
  if (f.package_ended) return {waits_for_pong};
  return {f.switchover ? stopped : runs};
}

/// What a kernel has taken and the other one has not, nobody sees.
void add_backlog(const Facts& f, SideStates& states) {
  if (!f.open() || !f.backlog[0] || f.eof || has_given_up(f)) return;
  if (states.front().runs) states.push_back(perhaps_ahead);
  if (!f.return_path) states.push_back(perhaps_finished);
}

SideStates when_complete(const Facts& f) {
  if (f.package_ended && !f.ping_loaded && !f.shut) return {resumed_late, stuck};
  if (f.return_path) return {f.shut ? resumed_by_error : resumed_late};
  const bool refused = f.first_end && f.first_end->by == Peer::destination && f.first_end->reset;
  // It had everything in its kernel, or met the reset while it wrote.
  if (refused && !f.described) return {finished_blindly, resumed};
  return {finished_blindly};
}

/// Its main thread may meet the end of the connection before its other one has read the PONG.
bool end_overtakes_pong(const Facts& f) noexcept {
  constexpr std::int64_t right_behind = 50'000'000;  // ns, in which a thread is surely woken
  return f.pong_loaded && f.ping_loaded && !f.recovery && f.first_end &&
         f.first_end->by == Peer::destination && f.first_end->when.ns - f.pong_loaded->ns < right_behind;
}

SideStates when_broken(const Facts& f, const Vantage& v) {
  if (f.eof) return when_complete(f);
  if (has_given_up(f)) {
    // Where it could not write for a while, its two threads may meet the failure in either order.
    if (end_overtakes_pong(f)) return {paused, resumed_before_pong};
    const bool old = !f.pong_loaded && !f.recovery;
    return old && (!f.behind_package || f.longest_pause > Facts::pause) ? SideStates{paused, resumed_by_race}
                                                                        : SideStates{paused};
  }
  if (f.invalid_message && f.advised && f.package_ended) return {resumed_by_misreading};
  // Which kind of source it is, the end of the package would have told.
  const bool switching = f.advised && f.return_path && f.switchover && !f.package_ended;
  const bool by_itself = f.first_end && f.first_end->by == Peer::source;
  if (switching && !v.source_waits_for_pong) return {by_itself ? cancelled : resumed, paused};
  if (f.shut && f.shut_value != 0 && !by_itself) return {resumed_by_error};
  return {by_itself ? cancelled : resumed};
}

}  // namespace

SideStates source_states(const Facts& f, const Vantage& v) {
  if (f.eof && f.guest_goes_on) return {goes_on};
  if (v.stream_file && f.eof && !f.has_ram) return {devices_only, unseen_runs};
  if (v.stream_file) return f.eof ? SideStates{saved, goes_on} : SideStates{cancelled, unseen};
  if (f.shut && f.shut_value == 0) return {finished};
  const bool telling = f.begun || f.has_package() || f.eof;
  if (!telling) return {unseen_runs, unseen};
  auto states = f.open() && !f.invalid_message ? while_open(f) : when_broken(f, v);
  add_backlog(f, states);
  const bool decided = f.known_in_full() || (f.open() && (f.pong_loaded || f.recovery));
  if (decided) return states;
  const bool may_run = states.front().runs;
  states.push_back(may_run ? unseen : unseen_runs);
  return states;
}

}  // namespace mig
