// SPDX-License-Identifier: GPL-2.0-or-later
// Who may be running the guest: from what was delivered to either side, and from who ended what.
#pragma once
#include <cstdint>
#include <string_view>
#include <vector>

#include "mig/history/facts.hpp"

namespace mig {

enum class Runner : std::uint8_t { source, destination, both, nobody };
[[nodiscard]] std::string_view to_string(Runner runner) noexcept;

/// The words of migvalidate's verdicts, which ask the guests themselves, and two more for captures that end
/// before the migration does.
enum class Outcome : std::uint8_t {
  migrated,     ///< the destination runs the guest, and the source knows that it does not
  recovered,    ///< the source runs the guest, the destination never did
  rolled_back,  ///< the source runs the guest, which had run on the destination: that time is lost
  unfinished,   ///< the destination runs the guest, the source neither completes nor fails
  split_brain,  ///< both run it
  lost,         ///< nobody runs it, and no documented command brings it back
  paused,       ///< nobody runs it, and it can be resumed
  hung,         ///< nobody runs it, nothing moves, nobody gave up
  running,      ///< the migration is under way
  unknown,
};
[[nodiscard]] std::string_view to_string(Outcome outcome) noexcept;  // "SPLIT-BRAIN"
/// One plain sentence.
[[nodiscard]] std::string_view meaning(Outcome outcome) noexcept;

enum class SideStateKind : std::uint8_t {
  runs,            ///< source: nothing has taken the guest away, or it took it back. Destination: it runs it
  stopped,         ///< source: its guest is stopped, and it can resume it
  gave_up,         ///< source: it may not run the guest any more
  paused,          ///< both: waits for a recovery
  finished,        ///< source: it has completed
  not_told,        ///< destination: it has not been told to run
  loading,         ///< destination: it has what it needs and loads it
  failed,          ///< destination: it has failed, or its process ended
  has_everything,  ///< destination: it runs the guest and needs nothing more
  unknown,
};
[[nodiscard]] std::string_view to_string(SideStateKind kind) noexcept;  // "gave-up"

/// A state that a side may be in.
struct SideState {
  SideStateKind kind = SideStateKind::unknown;
  bool runs = false;        ///< its guest runs
  std::string_view reason;  ///< why, in plain words, without a full stop
};
/// All that are possible, the likeliest first.
using SideStates = std::vector<SideState>;

/// Where the facts were seen.
enum class Viewpoint : std::uint8_t {
  link,         ///< between the two, with nobody in between
  source,       ///< between the source and a proxy
  destination,  ///< between a proxy and the destination
};

/// What a proxy says that it did, where only one of its two sides is seen: what it did is not to be seen
/// there.
struct Deeds {
  // It may have made a difference.
  bool cut = false;           ///< ended a connection
  bool one_leg_only = false;  ///< ... on one of its sides, and the other one stayed open
  bool half_closed = false;   ///< ... in one direction, and took the other one's bytes
  bool forward = false;       ///< took away or cut short what the source sent
  bool pong = false;          ///< took away, changed or made up a PONG 0x42
  bool shut = false;          ///< took away, changed or made up SHUT
  bool delays = false;        ///< kept the source waiting

  // Sent by one side in full, and none of it reached the other one.
  Sighting shut_taken{}, pong_taken{};  ///< SHUT, PONG 0x42
  std::uint32_t shut_value = 0;
  Sighting package_taken{};        ///< the package, to its last byte
  bool ping_loaded_taken = false;  ///< ... with PING 0x42 in it
};

/// What the one who judges knows beside the facts.
struct Vantage {
  Viewpoint viewpoint = Viewpoint::link;
  bool stream_file = false;            ///< the stream was written to a file: there is no destination
  bool source_waits_for_pong = false;  ///< it is known to be QEMU 10.2 or later
  Deeds deeds{};
  bool request_open = false;     ///< a page that the destination asked for has not been sent
  bool all_pages_sent = false;   ///< each page of each RAM block was, and not discarded since
  std::int64_t capture_end = 0;  ///< ns since the Unix epoch
  bool silent = false;           ///< at the end of the capture nothing had moved for more than a second
};

/// Of a source, from what it sent and what reached it.
[[nodiscard]] SideStates source_states(const Facts& at_source, const Vantage& vantage);
/// Of a destination, from what reached it and what it sent.
[[nodiscard]] SideStates destination_states(const Facts& at_destination, const Vantage& vantage);

struct Evidence {
  std::string_view text;
  When when;
};

struct Verdict {
  Outcome outcome = Outcome::unknown;
  std::vector<Runner> possible;  ///< the likeliest first
  SideState source, destination;
  std::vector<Evidence> evidence;              ///< in the order of time
  std::vector<std::string_view> would_decide;  ///< what is missing where it is not certain
  std::vector<std::string_view> next;          ///< what can be done now
  [[nodiscard]] bool certain() const noexcept { return possible.size() == 1; }
};

/// From one point of view, which both sides share.
[[nodiscard]] Verdict verdict(const Facts& facts, const Vantage& vantage);
/// From two: what was seen at the source, and what was seen at the destination.
[[nodiscard]] Verdict verdict(const Facts& at_source, const Facts& at_destination, const Vantage& vantage);

}  // namespace mig
