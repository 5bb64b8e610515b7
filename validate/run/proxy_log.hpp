// SPDX-License-Identifier: GPL-2.0-or-later
// migproxy's --log while it grows; docs/log-schema.md has its keys. All that is known of migproxy comes from
// it.
#pragma once

#include <boost/json.hpp>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "validate/base/clock.hpp"
#include "validate/base/files.hpp"
#include "validate/verdict/observations.hpp"

namespace mig::validate {

class ProxyLog {
 public:
  using Fields = std::vector<std::pair<std::string, std::string>>;

  explicit ProxyLog(const std::filesystem::path& path) : file_(path) {}

  /// The address it listens on, from its first line; empty while that is not there.
  [[nodiscard]] std::string listening();
  /// What happened since the last call, in the order of the log, on the clock of the run.
  [[nodiscard]] std::vector<ProxyLine> new_lines(const RunClock& clock);
  /// A line has all of `fields`, its own keys or those of the unit. Lines up to that one do not count next
  /// time.
  [[nodiscard]] bool saw(const Fields& fields);
  /// From the summary, the last line.
  [[nodiscard]] std::vector<RuleCount> rules_fired();

 private:
  void read_new();

  FileFollower file_;
  std::string partial_;
  std::vector<boost::json::object> lines_;
  std::size_t next_seen_ = 0;
  std::size_t next_line_ = 0;
  double started_us_ = 0;  // on the monotonic clock of this machine, which is one for all processes
};

/// A line of the log as it reads in a story: "--> ping value=0x42". Nothing for those that say what the
/// program does, or repeat what stands in another line.
[[nodiscard]] std::optional<ProxyLine> line_of(const boost::json::object& line);

}  // namespace mig::validate
