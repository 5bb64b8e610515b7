// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/input/connections.hpp"

#include <algorithm>
#include <utility>

namespace mig::replay {
namespace {

constexpr Direction other(Direction d) noexcept {
  return d == Direction::forward ? Direction::return_path : Direction::forward;
}
constexpr std::size_t index(Direction d) noexcept { return static_cast<std::size_t>(d); }

}  // namespace

struct Connections::DirectionSink final : StreamSink {
  DirectionSink(CaptureSink& s, ConnectionId i, Direction d) : sink(s), id(i), direction(d) {}
  void data(Bytes bytes, const Moment& moment) override { sink.data(id, direction, bytes, moment); }
  void missing(std::uint64_t count, const Moment& moment) override {
    sink.missing(id, direction, count, moment);
  }
  void conflicting(const Moment& moment) override { sink.conflicting(id, direction, moment); }
  CaptureSink& sink;
  ConnectionId id;
  Direction direction;
};

void Connections::segment(const Segment& s, const Moment& moment, const CaptureInterface& interface) {
  auto& c = find(s, moment, interface);
  const auto direction = s.source == c.client ? Direction::forward : Direction::return_path;
  DirectionSink out(sink_, c.id, direction), back(sink_, c.id, other(direction));
  auto& state = c.directions[index(direction)];
  auto& opposite = c.directions[index(other(direction))];
  c.heard[index(direction)] = true;
  if (s.ack && !s.rst) {
    if (c.from_the_start) opposite.begins_at(s.acknowledgement);
    opposite.acknowledged(s.acknowledgement, back);
    // One direction only was captured: what the other one carried does not come late.
    if (!c.heard[index(other(direction))]) opposite.finish(moment, back);
  }
  state.segment(s, moment, out);
  c.last = moment;
  sink_.placed(c.id, direction, s, state.offset_of(s));
  watch_stalls(c, direction, s, moment);
  if ((s.fin || s.rst) && !c.closed && !std::exchange(c.ended[index(direction)], true))
    sink_.ended(c.id, direction, s.rst, moment);
  const bool ended = s.rst || (state.ended() && opposite.ended());
  if (!ended || c.closed) return;
  c.closed = true;
  finish(c, moment);
  for (auto& one : c.directions) one.forget_compared();
  sink_.closed(c.id, s.rst, moment);
}

/// A segment of `direction` may acknowledge the other one, and says whether its sender has room for that.
void Connections::watch_stalls(Connection& c, Direction direction, const Segment& s, const Moment& moment) {
  if (c.closed || s.rst) return;
  for (const auto d : {Direction::forward, Direction::return_path}) {
    auto& watch = c.stalls[index(d)];
    const bool from_receiver = d != direction;
    if (from_receiver) c.no_room[index(d)] = s.ack && s.window == 0 && !s.syn;
    const auto over = watch.seen(c.directions[index(d)].unacknowledged(), c.no_room[index(d)], moment);
    if (over) sink_.stalled(c.id, d, *over);
  }
}

Connections::Connection& Connections::find(const Segment& s, const Moment& moment,
                                           const CaptureInterface& interface) {
  const auto ends = std::minmax(s.source, s.destination);
  if (last_ == nullptr || last_ends_.first != ends.first || last_ends_.second != ends.second) {
    last_ends_ = {ends.first, ends.second};
    last_ = by_ends_[last_ends_].get();
  }
  const bool used_again = last_ != nullptr && last_->closed && s.syn && !s.ack;
  if (last_ == nullptr || used_again) {
    auto& entry = by_ends_[last_ends_];
    entry = open(s, moment, interface);
    last_ = entry.get();
  }
  return *last_;
}

std::unique_ptr<Connections::Connection> Connections::open(const Segment& s, const Moment& moment,
                                                           const CaptureInterface& interface) {
  auto c = std::make_unique<Connection>();
  c->id = ConnectionId{next_++};
  const bool from_client = s.syn ? !s.ack : s.destination.port < s.source.port;
  c->from_the_start = s.syn;
  c->client = from_client ? s.source : s.destination;
  sink_.opened(c->id, {c->client, from_client ? s.destination : s.source, s.syn, interface}, moment);
  return c;
}

void Connections::finish(Connection& c, const Moment& moment) {
  for (const auto direction : {Direction::forward, Direction::return_path}) {
    DirectionSink sink(sink_, c.id, direction);
    c.directions[index(direction)].finish(moment, sink);
  }
}

void Connections::finish(const Moment& moment) {
  for (auto& [ends, c] : by_ends_) {
    if (c->closed) continue;
    for (const auto d : {Direction::forward, Direction::return_path}) {
      const auto stall = c->stalls[index(d)].end(moment, true);
      if (stall) sink_.stalled(c->id, d, *stall);
    }
    finish(*c, moment);
    // Its ends were seen, and what came before them is given up only now.
    if (c->directions[0].ended() && c->directions[1].ended()) sink_.closed(c->id, false, c->last);
  }
}

}  // namespace mig::replay
