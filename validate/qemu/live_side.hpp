// SPDX-License-Identifier: GPL-2.0-or-later
// One side of a run while it lasts: its QEMU, its QMP connection, its guest's ticks, and what was seen of
// them.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "validate/base/files.hpp"
#include "validate/qemu/qmp_client.hpp"
#include "validate/qemu/running_qemu.hpp"
#include "validate/verdict/observations.hpp"

namespace mig::validate {

/// How the kernel is made to allow what postcopy needs.
extern const char* const userfault_remedy;

class LiveSide {
 public:
  /// `clock` outlives this.
  LiveSide(Side side, std::unique_ptr<RunningQemu> qemu, const RunClock& clock);

  /// Connects QMP and sets the capabilities, "events" among them. Throws CouldNotRun with QEMU's own words
  /// and a remedy.
  void prepare(const std::vector<std::string>& capabilities);
  void connect();
  [[nodiscard]] bool connected() const { return qmp_.has_value(); }
  /// One command that has to succeed; throws CouldNotRun otherwise.
  boost::json::value require(std::string_view command, boost::json::object arguments = {});
  QmpReply execute(std::string_view command, boost::json::object arguments = {});
  /// A destination waits for its source; returns where, "127.0.0.1:4444". Port 0 lets the kernel choose.
  /// Since 9.1 it can be started so that it stays after a failure; older ones end.
  [[nodiscard]] std::string listen(bool exit_on_error, const std::string& address = "127.0.0.1:0");
  void kill();
  /// SIGSTOP, or SIGCONT. A QEMU that is stopped is not asked anything.
  void freeze(bool stop);

  /// Reads what is new; asks for the states now and then. Changes found are appended to `seen()` and to
  /// `fresh`.
  void poll(std::vector<StateChange>& fresh);
  /// The states at the end, once more and for certain.
  void finish();

  [[nodiscard]] const SideObservations& seen() const { return seen_; }
  /// Names of the QMP events that came so far.
  [[nodiscard]] const std::vector<std::string>& events() const { return events_; }
  /// 0 where it is not known.
  [[nodiscard]] int pid() const { return qemu_->pid(); }
  [[nodiscard]] bool alive() { return qemu_->running(); }
  /// The last words on its standard error.
  [[nodiscard]] std::string last_words() const { return tail_of(qemu_->errors()); }
  /// "QEMU 11.1.3 (Debian 1:11.1.3)".
  [[nodiscard]] std::string name() const;

 private:
  [[nodiscard]] std::string died_text();
  void read_version();
  void read_ticks(std::vector<StateChange>& fresh);
  void read_events(std::vector<StateChange>& fresh);
  void ask_states(std::vector<StateChange>& fresh);
  /// `at`: when it changed, if an event said so; else it is known from now on.
  void ask_run_state(std::optional<Seconds> at, std::vector<StateChange>& fresh);
  [[nodiscard]] std::string ask_status();
  void notice_end(std::vector<StateChange>& fresh);
  void set_status(Seconds at, const std::string& status, std::vector<StateChange>& fresh);
  void note(StateChange change, std::vector<StateChange>& fresh);

  Side side_;
  const RunClock* clock_;
  std::unique_ptr<RunningQemu> qemu_;
  std::optional<QmpClient> qmp_;
  FileFollower serial_;
  GuestConsole guest_;
  SideObservations seen_;
  std::vector<std::string> events_;
  bool guest_ticking_ = false;
  bool frozen_ = false;
  Seconds asked_at_ = -1;
  std::string asked_status_;
  long major_ = 0;
  long minor_ = 0;
};

}  // namespace mig::validate
