// SPDX-License-Identifier: GPL-2.0-or-later
// One migration to be made between two real QEMUs, as data: the demo, the tests and later scenario files are
// such plans.
#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <filesystem>
#include <string>
#include <variant>
#include <vector>

#include "validate/guest/guest_image.hpp"
#include "validate/run/observations.hpp"

namespace mig::validate {

struct SidePlan {
  std::filesystem::path qemu;  ///< or migpeer, a scripted peer
  std::vector<std::string> capabilities{"postcopy-ram", "events"};
  bool paused = false;  ///< started with -S
  std::vector<std::string> more_arguments;
};

// Steps taken after the switch to postcopy, in order. Each is bounded; a wait that is not met is said and
// passed over.
struct WaitForStatus {
  Side side = Side::source;
  std::vector<std::string> any_of;
  Seconds limit = 10;
};
struct WaitForTick {  ///< until that side's guest has ticked since the step began
  Side side = Side::destination;
  Seconds limit = 10;
};
struct WaitForAllRam {  ///< until the source has no memory left to send
  Seconds limit = 60;
};
struct Watch {
  Seconds duration = 2;
};
struct Checkpoint {  ///< judges what was seen in the last seconds and tells the listener
  std::string title;
  Seconds window = 2;
};
struct ResetLink {};  ///< SIGUSR1 to migproxy; the plan holds the rule reset_on_signal
struct Kill {
  Side side = Side::destination;
};
struct Command {
  Side side = Side::source;
  std::string name;
  boost::json::object arguments;
};
using Step =
    std::variant<WaitForStatus, WaitForTick, WaitForAllRam, Watch, Checkpoint, ResetLink, Kill, Command>;

inline constexpr const char* reset_on_signal = "reset-connection,on=SIGUSR1";

struct RunPlan {
  SidePlan source;
  SidePlan destination;
  std::filesystem::path migproxy;  ///< empty: the source connects to the destination
  std::vector<std::string> faults;
  GuestParameters guest;
  std::uint64_t max_bandwidth = 8U << 20U;   ///< bytes a second: precopy must not end by itself
  std::uint64_t max_postcopy_bandwidth = 0;  ///< 0: no limit
  bool postcopy = true;                      ///< false: plain precopy, then max_bandwidth has to be large
  Seconds precopy_time = 1;                  ///< from `migrate` to `migrate-start-postcopy`
  bool exit_on_error = false;                ///< of the destination (9.1 and later can stay)
  std::vector<Step> steps;
  Seconds settle_limit = 15;     ///< for both sides to reach an end after the steps
  Seconds watch_time = 2;        ///< the final look at who ticks
  std::filesystem::path folder;  ///< existing; every log and serial file goes there
};

}  // namespace mig::validate
