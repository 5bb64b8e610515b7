// SPDX-License-Identifier: GPL-2.0-or-later
// migproxy as a process between the two QEMUs.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "validate/base/child_process.hpp"
#include "validate/base/clock.hpp"
#include "validate/base/files.hpp"
#include "validate/run/proxy_log.hpp"

namespace mig::validate {

/// One line of migproxy's trace. It begins with migproxy's own clock, which is taken off: a story has one
/// clock.
struct TraceLine {
  std::optional<Seconds> since_start;
  std::string text;

  friend bool operator==(const TraceLine&, const TraceLine&) = default;
};

/// "  1.114 -> ping" or "1.114 s -> ping"; a line without a number in front is taken as it is.
[[nodiscard]] TraceLine parse_trace_line(std::string_view line);

struct ProxySetup {
  std::filesystem::path program;
  std::string connect;                 ///< the destination, "127.0.0.1:4444"
  std::vector<std::string> faults;     ///< rules, as after --fault
  std::filesystem::path folder;        ///< trace, log and standard error go here
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
  /// Trace lines that came since the last call.
  [[nodiscard]] std::vector<TraceLine> new_lines();
  /// See ProxyLog.
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
  FileFollower trace_;
  ProxyLog log_;
  std::string partial_;
  std::string address_;
};

}  // namespace mig::validate
