// SPDX-License-Identifier: GPL-2.0-or-later
// How the two sides are started, told to migrate and watched. Direct QMP is one way, a management layer
// another; scenarios, steps and verdicts are the same for all.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "validate/base/errors.hpp"
#include "validate/qemu/live_side.hpp"

namespace mig::validate {

/// What is done to a libvirt daemon.
enum class DaemonOrder { start, stop, kill };

/// Calls that must succeed for a run to be made throw CouldNotRun; what a scenario is about returns QMP's
/// answer.
class Driver {
 public:
  virtual ~Driver() = default;

  [[nodiscard]] virtual LiveSide& side(Side side) = 0;
  /// The destination waits; returns where, "127.0.0.1:4444".
  [[nodiscard]] virtual std::string listen() = 0;
  /// The source connects to `address`: migproxy, or the destination itself.
  virtual QmpReply migrate(const std::string& address) = 0;
  virtual QmpReply start_postcopy() = 0;
  /// Continues a migration that is in postcopy-paused; `listening` is where the destination waited before.
  virtual QmpReply recover(const std::string& listening, const std::string& address) = 0;
  /// Ends the destination and starts another one that waits at the same address.
  virtual void fresh_destination(const std::string& listening) = 0;
  /// A third QEMU that waits for a migration: the source's program and machine. Its files have this name.
  [[nodiscard]] virtual std::unique_ptr<LiveSide> third(const std::string& /*name*/) {
    throw CouldNotRun("--rescue needs QEMUs that are driven over QMP, not --through libvirt");
  }
  /// Where migproxy has to listen when the destination waits at `listening`. Port 0 lets the kernel choose.
  [[nodiscard]] virtual std::string proxy_address(const std::string& /*listening*/) const {
    return "127.0.0.1:0";
  }
  /// Makes a guest run that stands still: the plain command a person would give.
  virtual QmpReply resume(Side which) { return side(which).execute("cont"); }
  [[nodiscard]] virtual std::string resume_command() const { return "cont"; }
  /// A virsh command to the daemon of that side, and what is done to the daemon itself.
  virtual QmpReply virsh(Side /*side*/, const std::vector<std::string>& /*words*/) {
    throw CouldNotRun("a virsh step needs --through libvirt");
  }
  virtual void daemon(Side /*side*/, DaemonOrder /*order*/) {
    throw CouldNotRun("a daemon step needs --through libvirt");
  }
  /// Adds what it alone knows, before the QEMUs are asked a last time.
  virtual void finish(Observations& /*seen*/) {}
  /// What the management layer reported since the last call.
  [[nodiscard]] virtual std::vector<Note> new_notes() { return {}; }
};

}  // namespace mig::validate
