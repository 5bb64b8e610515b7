// SPDX-License-Identifier: GPL-2.0-or-later
// One side of a run while it lasts: its QEMU, its QMP connection, its guest's ticks, and what was seen of
// them.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "validate/files.hpp"
#include "validate/observations.hpp"
#include "validate/qemu_process.hpp"
#include "validate/qmp_client.hpp"
#include "validate/run_plan.hpp"

namespace mig::validate {

class LiveSide {
 public:
  using OnChange = std::function<void(Side, const StateChange&)>;

  /// Starts QEMU. `clock` outlives this.
  LiveSide(Side side, QemuSetup setup, const RunClock& clock);

  /// Connects QMP and sets the capabilities. Throws CouldNotRun with QEMU's own words and a remedy.
  void prepare(const std::vector<std::string>& capabilities);
  /// One command that has to succeed; throws CouldNotRun otherwise.
  boost::json::value require(std::string_view command, boost::json::object arguments = {});
  QmpReply execute(std::string_view command, boost::json::object arguments = {});
  void kill();

  /// Reads what is new; asks for the states now and then. Changes found are appended to `seen()` and to
  /// `fresh`.
  void poll(std::vector<StateChange>& fresh);
  /// The states at the end, once more and for certain.
  void finish();

  [[nodiscard]] const SideObservations& seen() const { return seen_; }
  [[nodiscard]] bool alive() { return qemu_.process().running(); }
  /// True for 9.1 and later, whose destination can be told to stay after a failure.
  [[nodiscard]] bool knows_exit_on_error() const { return major_ > 9 || (major_ == 9 && minor_ >= 1); }

 private:
  [[nodiscard]] std::string died_text();
  void read_version();
  void read_ticks(std::vector<StateChange>& fresh);
  void read_events(std::vector<StateChange>& fresh);
  void ask_states(std::vector<StateChange>& fresh);
  void ask_run_state(Seconds at, std::vector<StateChange>& fresh);
  [[nodiscard]] std::string ask_status();
  void notice_end(std::vector<StateChange>& fresh);
  void set_status(Seconds at, const std::string& status, std::vector<StateChange>& fresh);
  void note(StateChange change, std::vector<StateChange>& fresh);

  Side side_;
  const RunClock* clock_;
  QemuProcess qemu_;
  std::optional<QmpClient> qmp_;
  FileFollower serial_;
  TickParser ticks_;
  SideObservations seen_;
  bool guest_ticking_ = false;
  Seconds asked_at_ = -1;
  std::string asked_status_;
  long major_ = 0;
  long minor_ = 0;
};

}  // namespace mig::validate
