// SPDX-License-Identifier: GPL-2.0-or-later
// What libvirt said to its QEMU and heard from it, in order, read from the daemon's debug log.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "validate/base/files.hpp"

namespace mig::validate::libvirt {

struct MonitorLine {
  enum class Kind { command, event, refusal, warning };
  double since_epoch = 0;
  Kind kind = Kind::command;
  std::string text;  ///< "cont", "MIGRATION postcopy-active", QEMU's words of refusal, libvirt's warning

  friend bool operator==(const MonitorLine&, const MonitorLine&) = default;
};

/// Empty for lines that tell nothing of a migration: queries, replies without an error, other talk.
[[nodiscard]] std::optional<MonitorLine> parse_monitor_line(std::string_view line);

/// Reads a log that grows.
class CommandLog {
 public:
  explicit CommandLog(std::filesystem::path path) : follower_(std::move(path)) {}
  [[nodiscard]] std::vector<MonitorLine> read_new();

 private:
  FileFollower follower_;
  std::string partial_;
};

}  // namespace mig::validate::libvirt
