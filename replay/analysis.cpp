// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/analysis.hpp"

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

void Analysis::comment(std::string_view text, Moment moment) {
  for (auto* consumer : consumers_) consumer->comment(text, moment);
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

}  // namespace mig::replay
