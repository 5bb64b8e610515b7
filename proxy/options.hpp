// SPDX-License-Identifier: GPL-2.0-or-later
// The command line of migproxy.
#pragma once
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/completion.hpp"
#include "proxy/rules/fault_rule.hpp"

namespace mig::proxy {

struct Options {
  std::string listen;
  std::string connect;
  std::vector<std::string> faults;
  std::vector<std::string> fault_files;
  std::string log;
  std::string record;
  std::string keep_package;
  std::optional<std::uint64_t> seed;
  double once_grace_seconds = 60;
  bool trace = false;
  bool check = false;
  bool help_faults = false;
  bool once = false;
  bool quiet = false;
  bool virsh = false;
  bool line_buffered = false;  ///< log and screen: each line is written at once
  bool log_pages = false;
  bool record_pages = true;
};

/// An app that fills `options`.
[[nodiscard]] std::unique_ptr<CLI::App> make_app(Options& options);

/// Throws std::invalid_argument with the reason, for people: a rule that cannot be read, a file that is not
/// there, dice without --seed.
[[nodiscard]] std::vector<FaultRule> read_rules(const Options& options);

/// The rules that may begin with `typed`, or, behind a comma, the rule with each key that it takes.
[[nodiscard]] std::vector<Candidate> rule_candidates(const std::string& typed);

}  // namespace mig::proxy
