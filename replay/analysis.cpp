// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/analysis.hpp"

#include "mig/wire.hpp"
#include "replay/input/packed_file.hpp"

namespace mig::replay {

struct Analysis::Sink final : EventSink {
  Sink(Analysis& a, ConnectionParser& c, Direction d, Moment m)
      : analysis(a), parser(c), direction(d), moment(m) {}
  void on_event(const Event& event, Bytes raw) override {
    const Seen seen{parser.migration(), parser.id(), parser.kind(), direction, moment.time, moment.packet};
    analysis.notices_.clear();
    if (seen.migration != nullptr) {
      seen.migration->delivered({seen.connection, seen.channel, direction}, event, analysis.notices_);
    }
    for (auto* consumer : analysis.consumers_) consumer->event(seen, event, raw);
    analysis.tell(seen);
  }
  Analysis& analysis;
  ConnectionParser& parser;
  Direction direction;
  Moment moment;
};

void Analysis::tell(const Seen& seen) {
  for (const auto notice : notices_) {
    for (auto* consumer : consumers_) consumer->notice(seen, notice);
  }
}

void Analysis::started(Time time) {
  start_ = time;
  for (auto* consumer : consumers_) consumer->started(time);
}

void Analysis::opened(ConnectionId id, const ConnectionInfo& info, Moment moment) {
  connections_.emplace_back(set_, id);
  for (auto* consumer : consumers_) consumer->opened(id, info, moment);
}

void Analysis::data(ConnectionId id, Direction direction, Bytes bytes, Moment moment) {
  Sink sink(*this, connection(id), direction, moment);
  static_cast<void>(sink.parser.feed(direction, bytes, sink));
}

void Analysis::missing(ConnectionId id, Direction direction, std::uint64_t count, Moment moment) {
  Sink sink(*this, connection(id), direction, moment);
  static_cast<void>(sink.parser.skip(direction, count, sink));
}

void Analysis::closed(ConnectionId id, bool reset, Moment moment) {
  auto& parser = connection(id);
  for (const auto direction : {Direction::forward, Direction::return_path}) {
    Sink sink(*this, parser, direction, moment);
    static_cast<void>(parser.finish(direction, sink));
  }
  const Seen seen{parser.migration(), id, parser.kind(), Direction::forward, moment.time, moment.packet};
  notices_.clear();
  if (seen.migration != nullptr) seen.migration->closed({id, seen.channel, seen.direction}, reset, notices_);
  for (auto* consumer : consumers_) consumer->closed(seen, reset);
  tell(seen);
}

void Analysis::finish(Time time) {
  for (const auto& parser : connections_) {
    for (const auto d : {Direction::forward, Direction::return_path}) {
      const auto held = parser.held(d).size();
      if (held == 0) continue;
      const Seen seen{parser.migration(), parser.id(), parser.kind(), d, time, 0};
      for (auto* consumer : consumers_) consumer->unfinished(seen, held);
    }
  }
  for (auto* consumer : consumers_) consumer->finished(time);
}

namespace {

/// The bytes of a file that a migration wrote: one forward direction, all at one time.
CaptureStatistics read_stream(FILE* file, Analysis& analysis) {
  CaptureStatistics statistics;
  analysis.opened(ConnectionId{0}, {}, {});
  std::vector<std::byte> buffer(1U << 18);
  for (std::size_t n = 0; (n = std::fread(buffer.data(), 1, buffer.size(), file)) > 0;) {
    analysis.data(ConnectionId{0}, Direction::forward, std::span(buffer).first(n), {});
    statistics.bytes += n;
  }
  analysis.closed(ConnectionId{0}, false, {});
  return statistics;
}

bool is_stream(const std::string& first) {
  return first.size() >= 4 && load_be32(as_bytes(first)) == wire::file_magic;
}

}  // namespace

bool is_stream_file(const std::string& path) { return is_stream(open_packed(path).first); }

CaptureStatistics analyse_file(const std::string& path, Analysis& analysis, std::string& warning) {
  auto file = open_packed(path);
  const auto statistics = is_stream(file.first) ? read_stream(file.file.get(), analysis)
                                                : read_capture(std::move(file), path, analysis, warning);
  analysis.finish(statistics.last);
  return statistics;
}

}  // namespace mig::replay
