// SPDX-License-Identifier: GPL-2.0-or-later
// migproxy as a process between the two QEMUs.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "validate/base/child_process.hpp"
#include "validate/base/clock.hpp"
#include "validate/run/proxy_log.hpp"

namespace mig::validate {

struct ProxySetup {
  std::filesystem::path program;
  std::string connect;                 ///< the destination, "127.0.0.1:4444"
  std::vector<std::string> faults;     ///< rules, as after --fault
  std::filesystem::path folder;        ///< log, trace (for people) and standard error go here
  std::string listen = "127.0.0.1:0";  ///< port 0 lets the kernel choose
  std::vector<std::string> options = {};
};

class ProxyProcess {
 public:
  /// Starts it and waits until it listens. Throws CouldNotRun, with migproxy's own words when it refuses a
  /// rule.
  explicit ProxyProcess(ProxySetup setup);

  /// Where the source has to connect to, "127.0.0.1:5555".
  [[nodiscard]] const std::string& address() const { return address_; }
  /// See ProxyLog.
  [[nodiscard]] std::vector<ProxyLine> new_lines(const RunClock& clock) { return log_.new_lines(clock); }
  [[nodiscard]] bool saw(const ProxyLog::Fields& fields) { return log_.saw(fields); }
  [[nodiscard]] std::vector<RuleCount> rules_fired() { return log_.rules_fired(); }
  [[nodiscard]] ChildProcess& process() { return process_; }
  /// SIGTERM, and a bounded wait for its summary. Its exit code; -1 if it had to be killed.
  int stop();

 private:
  [[nodiscard]] Launch launch() const;
  void wait_until_listening();
  [[nodiscard]] std::string refusal();

  ProxySetup setup_;
  ChildProcess process_;
  ProxyLog log_;
  std::string address_;
};

}  // namespace mig::validate
