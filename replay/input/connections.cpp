// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/input/connections.hpp"

#include <utility>

namespace mig::replay {
namespace {

constexpr Direction other(Direction d) noexcept {
  return d == Direction::forward ? Direction::return_path : Direction::forward;
}

}  // namespace

struct Connections::Way final : StreamSink {
  Way(CaptureSink& s, ConnectionId i, Direction d, Moment m) : sink(s), id(i), direction(d), moment(m) {}
  void data(Bytes bytes) override { sink.data(id, direction, bytes, moment); }
  void missing(std::uint64_t count) override { sink.missing(id, direction, count, moment); }
  CaptureSink& sink;
  ConnectionId id;
  Direction direction;
  Moment moment;
};

void Connections::segment(const Segment& s, Moment moment) {
  auto& c = find(s, moment);
  const auto direction = s.source == c.client ? Direction::forward : Direction::return_path;
  auto& way = c.ways[static_cast<int>(direction)];
  Way out(sink_, c.id, direction, moment), back(sink_, c.id, other(direction), moment);
  auto& opposite = c.ways[static_cast<int>(other(direction))];
  if (s.ack && !s.rst) opposite.acknowledged(s.acknowledgement, back);
  way.segment(s, out);
  sink_.placed(c.id, direction, s, way.offset_of(s));
  if (s.rst || (way.ended() && opposite.ended())) close(c, s.rst, moment);
}

Connections::Connection& Connections::find(const Segment& s, Moment moment) {
  const auto key =
      s.source < s.destination ? std::pair(s.source, s.destination) : std::pair(s.destination, s.source);
  auto& entry = by_ends_[key];
  const bool anew = entry && entry->closed && s.syn && !s.ack;  // the port was used again
  if (!entry || anew) {
    entry = std::make_unique<Connection>();
    open(s, moment).closed = false;
  }
  return *entry;
}

Connections::Connection& Connections::open(const Segment& s, Moment moment) {
  const auto key =
      s.source < s.destination ? std::pair(s.source, s.destination) : std::pair(s.destination, s.source);
  auto& c = *by_ends_.at(key);
  c.id = ConnectionId{next_++};
  // Without a handshake the end with the lower port is taken for the server.
  const bool from_client = s.syn ? !s.ack : s.destination.port < s.source.port;
  c.client = from_client ? s.source : s.destination;
  sink_.opened(c.id, {c.client, from_client ? s.destination : s.source, s.syn}, moment);
  return c;
}

void Connections::close(Connection& c, bool reset, Moment moment) {
  if (c.closed) return;
  c.closed = true;
  for (const auto direction : {Direction::forward, Direction::return_path}) {
    Way way(sink_, c.id, direction, moment);
    c.ways[static_cast<int>(direction)].finish(way);
  }
  sink_.closed(c.id, reset, moment);
}

void Connections::finish(Moment moment) {
  for (auto& [ends, c] : by_ends_) {
    if (c->closed) continue;
    for (const auto direction : {Direction::forward, Direction::return_path}) {
      Way way(sink_, c->id, direction, moment);
      c->ways[static_cast<int>(direction)].finish(way);
    }
  }
}

}  // namespace mig::replay
