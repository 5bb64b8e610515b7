// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <map>
#include <memory>

#include "replay/input/capture_reader.hpp"
#include "replay/input/tcp_reassembly.hpp"

namespace mig::replay {

/// The TCP connections of a capture, told apart by their two ends, numbered in the order their first segment
/// came.
class Connections {
 public:
  explicit Connections(CaptureSink& sink) : sink_(sink) {}
  void segment(const Segment& segment, Moment moment);
  /// End of the capture: what still waits comes out. Connections that have not ended are not reported as
  /// closed.
  void finish(Moment moment);

 private:
  struct Connection {
    ConnectionId id{};
    Endpoint client;
    TcpReassembly ways[2];  // by Direction
    bool closed = false;
  };
  struct Way;  // a StreamSink that knows connection, direction and time

  Connection& find(const Segment& segment, Moment moment);
  Connection& open(const Segment& segment, Moment moment);
  void close(Connection& connection, bool reset, Moment moment);

  CaptureSink& sink_;
  std::map<std::pair<Endpoint, Endpoint>, std::unique_ptr<Connection>> by_ends_;  // the smaller end first
  std::uint32_t next_ = 0;
};

}  // namespace mig::replay
