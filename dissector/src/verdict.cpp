// SPDX-License-Identifier: GPL-2.0-or-later
#include "mig/verdict.hpp"

#include <array>

#include "mig/migration.hpp"

namespace mig {
namespace {

constexpr std::string_view runs = "runs the guest: nothing has taken it away yet";
constexpr std::string_view may_run_again = "has its guest, and may run it again";
constexpr std::string_view stopped = "has stopped its guest, and may run it again if the migration fails now";
constexpr std::string_view gave_up = "gave the guest up: it may not run it any more";
constexpr std::string_view told_to_run = "may run the guest: it was told to";
constexpr std::string_view not_told = "may not run the guest: it was not told to";
constexpr std::string_view loaded = "may run the guest: it has loaded all devices";
constexpr std::string_view waits_for_pages =
    "may run the guest, which stands still at the first page that is missing";
constexpr std::string_view failed_to_load = "said that it failed";

std::string_view gave_up_by(const Migration& m) noexcept {
  return m.pong_loaded() ? "PONG 0x42"
                         : "the package: a source that sends no PING 0x42 gives the guest up with it";
}

Verdict before_the_switchover(const Migration& m) noexcept {
  if (!m.begun())
    return {Runner::unknown, "not known", "not known", "the beginning of the migration was not seen"};
  return {Runner::source, runs, not_told, "neither POSTCOPY_RUN nor the end of the stream was delivered"};
}

Verdict joined_in_the_middle(const Migration& m) noexcept {
  if (!m.destination_may_run()) return {Runner::unknown, "not known", "not known", "not enough was seen"};
  return {Runner::unknown, "not known", told_to_run, "POSTCOPY_RUN, or the end of the stream"};
}

Verdict in_postcopy(const Migration& m) noexcept {
  if (m.stream_ended() && m.source_can_go_back())
    return {Runner::destination,
            "gave the guest up and has sent everything; if the return path breaks before it reads SHUT it "
            "runs its guest again",
            loaded, gave_up_by(m)};
  return {Runner::destination, gave_up, m.pong_loaded() ? loaded : told_to_run, gave_up_by(m)};
}

Verdict at_completion(const Migration& m) noexcept {
  if (m.shut())
    return {Runner::destination, "knows that the destination has everything",
            "has everything and may run the guest", "SHUT 0"};
  return {Runner::destination, "has sent everything, and will not hear how it went",
          "may run the guest: it has the whole stream", "the end of the stream, without a return path"};
}

Verdict at_failure(const Migration& m) noexcept {
  if (m.shut().value_or(0) != 0) return {Runner::source, may_run_again, failed_to_load, "SHUT with an error"};
  if (!m.destination_may_run())
    return {Runner::source, may_run_again, not_told,
            m.postcopy() ? "the link broke before POSTCOPY_RUN was delivered"
                         : "the link broke before the stream was complete"};
  if (m.postcopy() && !m.stream_ended())
    return {Runner::both, "may run its guest again: it has no PONG 0x42", told_to_run,
            "the link broke between POSTCOPY_RUN and PONG 0x42"};
  return {Runner::both, "may run its guest again: it has no SHUT",
          "may run the guest: it has the whole stream",
          "the link broke between the end of the stream and SHUT"};
}

Verdict after_the_end_of_stream(const Migration& m) noexcept {
  if (!m.source_can_go_back()) return at_completion(m);
  return {Runner::destination,
          "has sent everything; if the return path breaks before it reads SHUT it runs its guest again",
          "may run the guest: it has the whole stream", "the end of the stream"};
}

}  // namespace

std::string_view to_string(Runner runner) noexcept {
  constexpr std::array<std::string_view, 5> names = {"unknown", "source", "nobody", "destination", "both"};
  return names[static_cast<std::size_t>(runner)];
}

Verdict verdict(const Migration& m) noexcept {
  switch (m.phase()) {
    case Phase::setup:
    case Phase::precopy: return before_the_switchover(m);
    case Phase::switchover:
    case Phase::package:
      if (m.stream_ended()) return after_the_end_of_stream(m);
      return {Runner::nobody, stopped, not_told, "the switchover has begun"};
    case Phase::postcopy_device:
      return {Runner::destination,
              "has stopped its guest and waits for PONG 0x42; if the link breaks before it, it runs its "
              "guest again",
              told_to_run, "POSTCOPY_RUN in the package"};
    case Phase::postcopy_active: return in_postcopy(m);
    case Phase::postcopy_paused:
    case Phase::recovery: return {Runner::destination, gave_up, waits_for_pages, gave_up_by(m)};
    case Phase::completed: return at_completion(m);
    case Phase::failed: return at_failure(m);
    case Phase::unknown: return joined_in_the_middle(m);
  }
  return {};
}

}  // namespace mig
