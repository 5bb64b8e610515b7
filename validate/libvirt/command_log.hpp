// SPDX-License-Identifier: GPL-2.0-or-later
// What libvirt said to its QEMU and heard from it, in order, read from the daemon's debug log.
#pragma once

#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "validate/base/files.hpp"

namespace mig::validate::libvirt {

struct MonitorLine {
  enum class Kind { command, event, reply, refusal, warning };
  double since_epoch = 0;
  Kind kind = Kind::command;
  std::string text;  ///< "cont", "MIGRATION postcopy-active", QEMU's words of refusal, libvirt's warning
  std::string id;    ///< of a command and of its reply: the monitor and the number there

  friend bool operator==(const MonitorLine&, const MonitorLine&) = default;
};

/// Empty for lines that say nothing of a migration: queries, replies with a result, other talk.
[[nodiscard]] std::optional<MonitorLine> parse_monitor_line(std::string_view line);

enum class Cont {
  never,      ///< libvirt never asked the destination's QEMU to run
  too_early,  ///< QEMU had not loaded the devices: it answered success and started nothing
  in_time,    ///< it started the guest
  refused,
};

[[nodiscard]] std::string_view to_string(Cont cont);
/// What became of the destination's first `cont`. QEMU starts the guest before it answers, if it does: the
/// order of RESUME and the answer decides, and no clock is asked.
[[nodiscard]] Cont fate_of_cont(const std::vector<MonitorLine>& lines);

/// Reads a log that grows.
class CommandLog {
 public:
  explicit CommandLog(std::filesystem::path path) : follower_(std::move(path)) {}
  [[nodiscard]] std::vector<MonitorLine> read_new();

 private:
  void keep(MonitorLine line, std::vector<MonitorLine>& lines);

  FileFollower follower_;
  std::set<std::string> asked_;
  std::string partial_;
};

}  // namespace mig::validate::libvirt
