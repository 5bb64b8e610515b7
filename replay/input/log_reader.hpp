// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstdio>
#include <functional>
#include <string>
#include <string_view>

#include "replay/input/capture_reader.hpp"

namespace mig::replay {

/// By the first bytes of a file (at least 8): it is one of migproxy's logs.
[[nodiscard]] bool is_log(std::string_view first) noexcept;

/// Reads a log (docs/log-schema.md) and tells what reached the receivers: headers as they were, contents as
/// bytes of the right number, faults as comments. Packets are the lines of the file. `warning` says where it
/// cannot be read on, and that it is not complete. Memory is bounded by the number of connections. Throws
/// std::runtime_error that names the file when its first line is no log's, or that of a migproxy too old.
CaptureStatistics read_log(FILE* file, const std::string& path, CaptureSink& sink, std::string& warning,
                           const std::function<void()>& tick);

}  // namespace mig::replay
