// SPDX-License-Identifier: GPL-2.0-or-later
// What a scenario does, one step after the other. Each is bounded: a wait that is not met is a fact of the
// run, not its end.
#pragma once

#include <boost/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "validate/base/clock.hpp"
#include "validate/verdict/observations.hpp"
#include "validate/verdict/verdict.hpp"

namespace mig::validate {

inline constexpr Seconds wait_limit = 30;

struct StartMigration {};  ///< source -> migproxy -> destination
struct StartPostcopy {
  Seconds after = 0.3;  ///< precopy goes on so long once it is active
};
struct StartRecovery {};  ///< migrate-recover on the destination, then migrate with resume on the source
struct StartFreshDestination {};  ///< ends the old one; the new one listens at the same port

struct WaitStatus {
  Side side = Side::source;
  std::vector<std::string> any_of;
  Seconds within = wait_limit;
};
struct WaitRunState {
  Side side = Side::source;
  std::vector<std::string> any_of;
  Seconds within = wait_limit;
};
struct WaitEvent {  ///< a QMP event that comes after the step before
  Side side = Side::source;
  std::string name;
  Seconds within = wait_limit;
};
struct WaitTick {  ///< until that side's guest has ticked since the step began
  Side side = Side::destination;
  Seconds within = wait_limit;
};
struct WaitRam {  ///< until the source has no more memory left to send than this
  std::uint64_t left = 0;
  Seconds within = 60;
};
struct WaitProxy {  ///< until migproxy's log has a line with all of these
  std::vector<std::pair<std::string, std::string>> fields;
  Seconds within = wait_limit;
};
enum class Answer { accepted, refused, either };
struct Qmp {
  Side side = Side::source;
  std::string command;
  boost::json::object arguments;
  Answer expected = Answer::accepted;
  std::string error;  ///< a refusal has to contain this
};
struct Virsh {  ///< to the daemon of that side, which has to be there
  Side side = Side::source;
  std::vector<std::string> words;
  Answer expected = Answer::accepted;
  std::string error;  ///< a refusal has to contain this
};
enum class DaemonOrder { start, stop, kill };
struct Daemon {  ///< the libvirt daemon of that side; its QEMU stays
  Side side = Side::source;
  DaemonOrder order = DaemonOrder::kill;
};
struct Kill {
  Side side = Side::destination;
};
struct SignalProxy {
  int number = 0;
};
struct LockDisk {  ///< a third process (we) and the shared disk's write lock
  enum class What { take, release };
  What what = What::take;
  Answer expected = Answer::accepted;
};
struct Sleep {
  Seconds duration = 1;
};
struct Check {  ///< judges what was seen in the last seconds, while the run goes on
  std::string title;
  std::optional<Verdict> verdict;  ///< that has to come out
  Seconds window = 2;
};

using Action = std::variant<StartMigration, StartPostcopy, StartRecovery, StartFreshDestination, WaitStatus,
                            WaitRunState, WaitEvent, WaitTick, WaitRam, WaitProxy, Qmp, Virsh, Daemon, Kill,
                            SignalProxy, LockDisk, Sleep, Check>;

struct Step {
  Action action;
  std::string name;       ///< as expectations call it; empty: they do not
  bool optional = false;  ///< a wait that may be in vain

  Step() = default;
  template <typename A>
  requires std::is_constructible_v<Action, A> Step(A what)
      : action(std::move(what)) {}  // NOLINT: a list of steps reads as a list of actions
};

/// The step as a sentence: "wait until the source's status is completed".
[[nodiscard]] std::string describe(const Step& step);

}  // namespace mig::validate
