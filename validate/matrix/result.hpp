// SPDX-License-Identifier: GPL-2.0-or-later
// What became of a cell of the matrix scenario x pair of QEMUs, as data that travels as JSON: reports are
// made of it, and parts from several machines are joined.
#pragma once

#include <boost/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "validate/wire/truth.hpp"

namespace mig::validate {

/// `observed`: nothing was expected.
enum class Outcome { as_expected, unexpected, flaky, not_run, not_applicable, observed };

[[nodiscard]] std::string_view to_string(Outcome outcome);

struct CellResult {
  std::string scenario;
  std::string title;
  std::string about;
  std::string source;  ///< the QEMU, as it was named
  std::string destination;
  int repeat = 1;
  Outcome outcome = Outcome::not_run;
  std::string verdict;       ///< empty when it was not run
  std::string after_rescue;  ///< "RESCUED", or the verdict again where the rescue came to nothing; empty:
                             ///< none was tried
  std::string expected;      ///< "RECOVERED or LOST"
  std::string because;
  std::string finding;
  std::string flaky;   ///< why its repeats may differ, as the scenario says
  std::string reason;  ///< why it was not run or does not apply
  std::vector<std::string> differences;
  std::vector<std::string> evidence;
  std::vector<std::string> broken;
  std::optional<WireProof> wire;  ///< what the recording alone says; nothing: it was not asked
  std::string command;            ///< runs this cell again
  double seconds = 0;
  boost::json::object observations;
  boost::json::object files;  ///< name -> text, or base64 of a .zst; what a report offers to download
};

[[nodiscard]] boost::json::object to_json(const CellResult& result);
/// What came out, without evidence, observations and files: a line or two for CI.
[[nodiscard]] boost::json::object brief_json(const CellResult& result);
/// Throws std::exception when it is none.
[[nodiscard]] CellResult result_from(const boost::json::value& value);

/// Repeats whose verdicts differ are flaky, all of them, unless each is as expected and the scenario says why
/// they differ.
void mark_flaky(std::vector<CellResult>& results);

/// A line for each cell whose repeats differ, as its scenario says they may.
[[nodiscard]] std::vector<std::string> foreseen_flaky(const std::vector<CellResult>& results);

/// Was anything run, or at least tried?
[[nodiscard]] bool anything_run(const std::vector<CellResult>& results);

/// 0 as expected, 1 not, 4 something could not be run.
[[nodiscard]] int exit_code_of(const std::vector<CellResult>& results);

}  // namespace mig::validate
