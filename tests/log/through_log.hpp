// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <boost/json.hpp>
#include <set>
#include <string>
#include <vector>

namespace mig::test {

/// What was told of one run of the fault engine.
struct LoggedRun {
  boost::json::object bytes;  ///< `summary --json` of what left, byte by byte
  boost::json::object log;    ///< the same of the log that was written meanwhile
  std::string text;           ///< that log
  std::string warning;        ///< of its reader
};

/// Plays a capture through the fault engine as the relay does, with a log. The first connection is reset
/// when so many bytes of it went forward.
[[nodiscard]] LoggedRun run_with_log(const std::string& capture, const std::vector<std::string>& rules,
                                     bool log_pages, std::uint64_t break_at = UINT64_MAX);

/// `summary --json` of a log with this text.
[[nodiscard]] boost::json::object read_log_text(const std::string& text, std::string& warning);

/// How many events a log with this text makes.
[[nodiscard]] std::uint64_t events_of_log(const std::string& text);

/// Takes away what two runs on two clocks do not share: times, packets, addresses.
[[nodiscard]] boost::json::value without_times(boost::json::value value);

/// Every key of every migration is the same, but those in `unknown`; a log may have more.
void check_same(const LoggedRun& run, const std::set<std::string>& unknown);

}  // namespace mig::test
