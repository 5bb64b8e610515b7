// SPDX-License-Identifier: GPL-2.0-or-later
// Everything that was seen in one run, as plain data: what a verdict is made from, and what a report shows.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "validate/base/clock.hpp"
#include "validate/guest/guest_ticks.hpp"

namespace mig::validate {

/// What a scripted peer gives as its package in query-version, so that it is never taken for a QEMU.
inline constexpr const char* scripted_package = "scripted peer of migwire";

enum class Side { source, destination };

/// A change seen on one side: a migration status, a run state, an event, the end of the process.
struct StateChange {
  enum class Kind { status, run_state, guest, process };
  Seconds at = 0;
  Kind kind = Kind::status;
  std::string text;
};

struct SideObservations {
  std::string version;                    ///< "11.1.3"
  bool scripted = false;                  ///< a scripted peer, modelled on that version
  std::string status = "none";            ///< migration status at the end
  std::string run_state;                  ///< QMP run state at the end
  std::string error;                      ///< QEMU's error-desc, if it gave one
  std::optional<std::uint64_t> ram_left;  ///< bytes the source had still to send, as it says
  std::string process_end;                ///< empty while the process runs; how it ended otherwise
  bool crashed = false;                   ///< it ended by a signal that was not ours
  bool killed_by_plan = false;
  std::vector<StateChange> changes;
  std::vector<TickBatch> ticks;
  std::uint32_t tick_jumps = 0;
};

/// A QMP command given to bring a silent guest back.
struct RescueAttempt {
  Seconds at = 0;
  Side side = Side::source;
  std::string command;
  bool accepted = false;
  std::string error;
};

struct ProxyLine {
  Seconds at = 0;
  std::string text;
};

struct Observations {
  SideObservations source;
  SideObservations destination;
  Seconds watched_from = 0;  ///< the window that tells who ticks now
  Seconds watched_to = 0;
  std::vector<RescueAttempt> rescues;
  std::vector<ProxyLine> proxy;
  std::optional<int> proxy_exit;
};

[[nodiscard]] inline const char* to_string(Side side) {
  return side == Side::source ? "source" : "destination";
}

}  // namespace mig::validate
