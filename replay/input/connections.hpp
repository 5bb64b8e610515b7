// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <array>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "replay/input/capture_reader.hpp"
#include "replay/input/segment.hpp"
#include "replay/input/stall_watch.hpp"
#include "replay/input/tcp_reassembly.hpp"

namespace mig::replay {

/// The TCP connections of a capture, distinguished by their two ends, numbered in the order their first
/// segment came. Without a handshake the end with the lower port is taken for the server; who reads the bytes
/// may find that it is the other way round.
class Connections {
 public:
  explicit Connections(CaptureSink& sink) : sink_(sink) {}
  void segment(const Segment& segment, const Moment& moment, const CaptureInterface& interface = {});
  /// End of the capture: what still waits comes out. Connections that have not ended are not reported as
  /// closed.
  void finish(const Moment& moment);

 private:
  struct Connection {
    ConnectionId id{};
    Endpoint client;
    std::array<TcpReassembly, 2> directions;  // by Direction
    std::array<StallWatch, 2> stalls;         // the same
    std::array<bool, 2> ended{};              // reported
    std::array<bool, 2> no_room{};            // the receiver's window is zero
    Moment last;
    std::array<bool, 2> heard{};  // a segment was captured
    bool from_the_start = false;  // with its handshake
    bool closed = false;
  };
  struct DirectionSink;                        // a StreamSink that knows connection and direction
  using Ends = std::pair<Endpoint, Endpoint>;  // the smaller first

  Connection& find(const Segment& segment, const Moment& moment, const CaptureInterface& interface);
  std::unique_ptr<Connection> open(const Segment& segment, const Moment& moment,
                                   const CaptureInterface& interface);
  void finish(Connection& connection, const Moment& moment);
  void watch_stalls(Connection& connection, Direction direction, const Segment& segment,
                    const Moment& moment);

  CaptureSink& sink_;
  std::map<Ends, std::unique_ptr<Connection>> by_ends_;
  Ends last_ends_;  // segments come in runs
  Connection* last_ = nullptr;
  std::uint32_t next_ = 0;
};

}  // namespace mig::replay
