// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "replay/input/capture_reader.hpp"
#include "replay/input/segment.hpp"
#include "replay/input/tcp_reassembly.hpp"

namespace mig::replay {

/// The TCP connections of a capture, told apart by their two ends, numbered in the order in which they were
/// recognised.
///
/// Who opened a connection its handshake tells. Where that was not captured, the first end that sends more
/// than any message of the return path is long is taken for the source; segments wait until there is one (or
/// `max_undecided` of them: then the end with the lower port is taken for the server).
class Connections {
 public:
  static constexpr std::size_t max_undecided = 64;

  explicit Connections(CaptureSink& sink) : sink_(sink) {}
  void segment(const Segment& segment, const Moment& moment, const std::string& interface = {});
  /// End of the capture: what still waits comes out. Connections that have not ended are not reported as
  /// closed.
  void finish(const Moment& moment);

 private:
  /// A segment that waits, with its payload.
  struct Waiting {
    Segment segment;
    std::vector<std::byte> payload;
    Moment moment;
  };
  struct Connection {
    std::optional<ConnectionId> id;  // as soon as it is known who is the client
    Endpoint client;
    std::array<TcpReassembly, 2> ways;  // by Direction
    std::vector<Waiting> waiting;
    std::string interface;
    bool closed = false;
  };
  struct Way;                                  // a StreamSink that knows connection and direction
  using Ends = std::pair<Endpoint, Endpoint>;  // the smaller first

  Connection& find(const Segment& segment);
  void wait(Connection& connection, const Segment& segment, const Moment& moment);
  void open(Connection& connection, const Endpoint& client, const Endpoint& server, bool from_the_start,
            const Moment& moment);
  void open_by_port(Connection& connection);
  void pass(Connection& connection, const Segment& segment, const Moment& moment);
  void finish(Connection& connection, const Moment& moment);

  CaptureSink& sink_;
  std::map<Ends, std::unique_ptr<Connection>> by_ends_;
  Ends last_ends_;  // segments come in runs
  Connection* last_ = nullptr;
  std::uint32_t next_ = 0;
};

}  // namespace mig::replay
