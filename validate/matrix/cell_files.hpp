// SPDX-License-Identifier: GPL-2.0-or-later
// The files of one run: kept for a bug report, or taken into a report.
#pragma once

#include <filesystem>

#include "validate/matrix/result.hpp"

namespace mig::validate {

/// Adds what a bug report needs beside the logs: the result and the command that repeats it.
void keep_for_a_report(const std::filesystem::path& folder, const CellResult& result);

/// Logs as text, cut to their ends where they are long; the recording packed, as base64.
[[nodiscard]] boost::json::object collect_files(const std::filesystem::path& folder, bool recording);

}  // namespace mig::validate
