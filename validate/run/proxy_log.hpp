// SPDX-License-Identifier: GPL-2.0-or-later
// migproxy's --log while it grows; docs/log-schema.md has its keys.
#pragma once

#include <boost/json.hpp>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "validate/base/files.hpp"
#include "validate/verdict/observations.hpp"

namespace mig::validate {

class ProxyLog {
 public:
  using Fields = std::vector<std::pair<std::string, std::string>>;

  explicit ProxyLog(const std::filesystem::path& path) : file_(path) {}

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
  std::size_t next_ = 0;
};

}  // namespace mig::validate
