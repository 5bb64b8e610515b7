// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include "replay/analysis.hpp"
#include "replay/input/capture_reader.hpp"

namespace mig::replay {

/// Reads a capture, or a stream file as a migration to a file writes it, into an analysis,
/// and finishes that; which it is, the first bytes tell. `path` is for messages. Throws as read_capture()
/// does.
CaptureStatistics analyse(PackedFile file, const std::string& path, Analysis& analysis, std::string& warning,
                          const ReadOptions& options = {});
/// The same, opened here.
CaptureStatistics analyse_file(const std::string& path, Analysis& analysis, std::string& warning);

/// True for a stream file, by its first bytes. Not for standard input, which can be read only once.
[[nodiscard]] bool is_stream_file(const std::string& path);

}  // namespace mig::replay
