// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/input/connections.hpp"

#include <algorithm>

namespace mig::replay {
namespace {

constexpr Direction other(Direction d) noexcept {
  return d == Direction::forward ? Direction::return_path : Direction::forward;
}
/// A return path message is at most 512 bytes long, but for received bitmaps; requests may come in bunches.
constexpr std::uint32_t longest_message = 1000;
constexpr std::size_t index(Direction d) noexcept { return static_cast<std::size_t>(d); }

}  // namespace

struct Connections::Way final : StreamSink {
  Way(CaptureSink& s, ConnectionId i, Direction d) : sink(s), id(i), direction(d) {}
  void data(Bytes bytes, const Moment& moment) override { sink.data(id, direction, bytes, moment); }
  void missing(std::uint64_t count, const Moment& moment) override {
    sink.missing(id, direction, count, moment);
  }
  CaptureSink& sink;
  ConnectionId id;
  Direction direction;
};

void Connections::segment(const Segment& s, const Moment& moment, const std::string& interface) {
  auto& c = find(s);
  if (c.id) return pass(c, s, moment);
  if (c.interface.empty()) c.interface = interface;
  if (!s.syn) return wait(c, s, moment);
  open(c, s.ack ? s.destination : s.source, s.ack ? s.source : s.destination, true, moment);
  pass(c, s, moment);
}

/// Until it is known which end is the source.
void Connections::wait(Connection& c, const Segment& s, const Moment& moment) {
  c.waiting.push_back({s, {s.payload.begin(), s.payload.end()}, moment});
  c.waiting.back().segment.payload = c.waiting.back().payload;
  if (s.size > longest_message) return open(c, s.source, s.destination, false, moment);
  if (c.waiting.size() >= max_undecided) open_by_port(c);
}

void Connections::open_by_port(Connection& c) {
  const auto first = c.waiting.front();
  const auto &source = first.segment.source, &destination = first.segment.destination;
  const bool from_client = destination.port < source.port;
  open(c, from_client ? source : destination, from_client ? destination : source, false, first.moment);
}

void Connections::open(Connection& c, const Endpoint& client, const Endpoint& server, bool from_the_start,
                       const Moment& moment) {
  c.id = ConnectionId{next_++};
  c.client = client;
  const auto first = c.waiting.empty() ? moment : c.waiting.front().moment;
  sink_.opened(*c.id, {client, server, from_the_start, c.interface}, first);
  for (const auto& waited : std::exchange(c.waiting, {})) pass(c, waited.segment, waited.moment);
}

void Connections::pass(Connection& c, const Segment& s, const Moment& moment) {
  const auto direction = s.source == c.client ? Direction::forward : Direction::return_path;
  Way out(sink_, *c.id, direction), back(sink_, *c.id, other(direction));
  auto& way = c.ways[index(direction)];
  auto& opposite = c.ways[index(other(direction))];
  if (s.ack && !s.rst) opposite.acknowledged(s.acknowledgement, back);
  way.segment(s, moment, out);
  sink_.placed(*c.id, direction, s, way.offset_of(s));
  const bool ended = s.rst || (way.ended() && opposite.ended());
  if (!ended || c.closed) return;
  c.closed = true;
  finish(c, moment);
  sink_.closed(*c.id, s.rst, moment);
}

Connections::Connection& Connections::find(const Segment& s) {
  const auto ends = std::minmax(s.source, s.destination);
  if (last_ == nullptr || last_ends_.first != ends.first || last_ends_.second != ends.second) {
    last_ends_ = {ends.first, ends.second};
    last_ = by_ends_[last_ends_].get();
  }
  const bool used_again = last_ != nullptr && last_->closed && s.syn && !s.ack;
  if (last_ == nullptr || used_again) {
    auto& entry = by_ends_[last_ends_];
    entry = std::make_unique<Connection>();
    last_ = entry.get();
  }
  return *last_;
}

void Connections::finish(Connection& c, const Moment& moment) {
  for (const auto direction : {Direction::forward, Direction::return_path}) {
    Way way(sink_, *c.id, direction);
    c.ways[index(direction)].finish(moment, way);
  }
}

void Connections::finish(const Moment& moment) {
  for (auto& [ends, c] : by_ends_) {
    if (!c->waiting.empty()) open_by_port(*c);
    if (c->id && !c->closed) finish(*c, moment);
  }
}

}  // namespace mig::replay
