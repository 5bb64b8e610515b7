// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/analyse_file.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <stdexcept>

#include "common/page_aligned.hpp"
#include "mig/wire.hpp"

namespace mig::replay {
namespace {

/// The bytes of a file that a migration wrote: one forward direction, all at one time.
CaptureStatistics read_stream(FILE* file, const std::string& path, Analysis& analysis, std::string& warning,
                              const std::function<void()>& tick) {
  CaptureStatistics statistics;
  analysis.opened(ConnectionId{0}, {}, {});
  const auto buffer = std::make_unique_for_overwrite<PageAligned<1U << 18>>();
  auto& bytes = buffer->bytes;
  for (std::size_t n = 0; (n = std::fread(bytes.data(), 1, bytes.size(), file)) > 0;) {
    analysis.data(ConnectionId{0}, Direction::forward, std::span(bytes).first(n), {});
    statistics.bytes += n;
    if (tick) tick();
  }
  if (std::ferror(file) == 0) {
    analysis.closed(ConnectionId{0}, false, {});
  } else {  // nobody knows how the stream goes on
    warning =
        path + ": read only up to offset " + std::to_string(statistics.bytes) + ": " + std::strerror(errno);
  }
  return statistics;
}

bool is_stream(const std::string& first) {
  return first.size() >= 4 && load_be32(as_bytes(first)) == wire::file_magic;
}

}  // namespace

bool is_stream_file(const std::string& path) { return is_stream(open_packed(path).first); }

CaptureStatistics analyse(PackedFile file, const std::string& path, Analysis& analysis, std::string& warning,
                          const ReadOptions& options) {
  CaptureStatistics statistics;
  const auto damage = file.damage;
  if (is_stream(file.first)) {
    statistics = read_stream(file.file.get(), path, analysis, warning, options.tick);
  } else {
    statistics = read_capture(*open_packets(std::move(file), path), analysis, warning, options);
  }
  analysis.finish(statistics.last);
  // What the readers say of it is that of a file that ends, or cannot be read.
  if (!damage->empty())
    warning = path + ": " + *damage + "; read only up to there" +
              (statistics.packets != 0 ? ", packet " + std::to_string(statistics.packets) : std::string());
  return statistics;
}

CaptureStatistics analyse_file(const std::string& path, Analysis& analysis, std::string& warning) {
  return analyse(open_packed(path), path, analysis, warning);
}

}  // namespace mig::replay
