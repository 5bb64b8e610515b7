// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include "replay/capture_decoder.hpp"
#include "replay/input/capture_reader.hpp"

namespace mig::replay {

/// Reads a capture, or a stream file as a migration to a file writes it, into an analysis,
/// and finishes that; the first bytes show which it is. `path` is for messages. Throws as read_capture()
/// does.
CaptureStatistics analyse(CompressedFile file, const std::string& path, CaptureDecoder& analysis,
                          std::string& warning, const ReadOptions& options = {});
/// The same, opened here.
CaptureStatistics analyse_file(const std::string& path, CaptureDecoder& analysis, std::string& warning);

/// True for a stream file, by its first bytes. Not for standard input, which can be read only once.
[[nodiscard]] bool is_stream_file(const std::string& path);
/// The same for pcap and pcapng.
[[nodiscard]] bool is_capture_file(const std::string& path);

}  // namespace mig::replay
