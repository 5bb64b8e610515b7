// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/analyse_file.hpp"

#include <cerrno>
#include <cstring>
#include <memory>
#include <stdexcept>

#include "common/page_aligned.hpp"
#include "replay/input/streams/stream_file.hpp"

namespace mig::replay {
namespace {

/// The bytes of a stream: one forward direction, all at one time. Why they are not all; empty: they are.
std::string read_stream(const StreamFile& stream, CaptureDecoder& analysis, CaptureStatistics& statistics,
                        const std::function<void()>& tick) {
  const auto id = analysis.opened_stream(stream.origin);
  const auto buffer = std::make_unique_for_overwrite<PageAligned<1U << 18>>();
  auto& bytes = buffer->bytes;
  auto* file = stream.file.file.get();
  std::uint64_t read = 0;
  for (std::size_t n = 0; (n = std::fread(bytes.data(), 1, bytes.size(), file)) > 0; read += n) {
    analysis.data(id, Direction::forward, std::span(bytes).first(n), {});
    if (tick) tick();
  }
  statistics.bytes += read;
  for (const auto& damage : {stream.outer_damage, stream.file.damage}) {
    if (damage && !damage->empty()) return *damage + "; read only up to there";
  }
  if (std::ferror(file) != 0)
    return "read only up to offset " + std::to_string(read) + ": " + std::strerror(errno);
  return analysis.stream_ended(id);
}

CaptureStatistics read_streams(const std::vector<StreamFile>& streams, const std::string& path,
                               CaptureDecoder& analysis, std::string& warning,
                               const std::function<void()>& tick) {
  CaptureStatistics statistics;
  for (const auto& stream : streams) {
    const auto problem = read_stream(stream, analysis, statistics, tick);
    if (!problem.empty()) warning += (warning.empty() ? "" : "\n") + path + ": " + problem;
  }
  return statistics;
}

}  // namespace

bool is_stream_file(const std::string& path) { return is_stream(open_packed(path).first); }

bool is_capture_file(const std::string& path) { return is_capture(open_packed(path).first); }

CaptureStatistics analyse(CompressedFile file, const std::string& path, CaptureDecoder& analysis,
                          std::string& warning, const ReadOptions& options) {
  const auto streams = open_streams(file, path, options.stream);
  if (!streams.empty()) {
    auto statistics = read_streams(streams, path, analysis, warning, options.tick);
    analysis.finish_capture(statistics);
    return statistics;
  }
  const auto damage = file.damage;
  const auto statistics = read_capture(*open_packets(std::move(file), path), analysis, warning, options);
  analysis.finish_capture(statistics);
  // What the readers say of it is that of a file that ends, or cannot be read.
  if (!damage->empty())
    warning = path + ": " + *damage + "; read only up to there" +
              (statistics.packets != 0 ? ", packet " + std::to_string(statistics.packets) : std::string());
  return statistics;
}

CaptureStatistics analyse_file(const std::string& path, CaptureDecoder& analysis, std::string& warning) {
  return analyse(open_packed(path), path, analysis, warning);
}

}  // namespace mig::replay
