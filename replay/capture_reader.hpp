// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <chrono>
#include <cstdint>
#include <string>

#include "mig/bytes.hpp"
#include "mig/connection_parser.hpp"

namespace mig::replay {

/// Who opened a connection, and to whom: "127.0.0.1:54432".
struct ConnectionInfo {
  std::string client;
  std::string server;
};

/// What a capture holds, in capture order. Times are since the Unix epoch.
class CaptureSink {
 public:
  virtual void opened(ConnectionId id, const ConnectionInfo& info, std::chrono::microseconds time) = 0;
  /// Bytes of one direction in stream order; the client of the connection is the source. Borrowed for the call.
  virtual void data(ConnectionId id, Direction direction, Bytes bytes, std::chrono::microseconds time) = 0;
  virtual void closed(ConnectionId id, bool reset, std::chrono::microseconds time) = 0;

 protected:
  ~CaptureSink() = default;
};

/// Reads a pcap or pcapng file (`.zst`: unpacked on the way by zstd(1)) and reassembles its TCP connections with libtins.
/// Throws std::runtime_error that names the file when it cannot be read.
void read_capture(const std::string& path, CaptureSink& sink);

}  // namespace mig::replay
