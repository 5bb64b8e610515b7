// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "mig/bytes.hpp"
#include "mig/connection_parser.hpp"
#include "replay/input/packed_file.hpp"
#include "replay/input/segment.hpp"

namespace mig::replay {

/// Since the Unix epoch.
using Time = std::chrono::nanoseconds;

/// When, and in which packet of the capture: numbered from 1 as Wireshark does, 0 where there are none.
struct Moment {
  Time time{};
  std::uint64_t packet = 0;
};

/// Who opened a connection, and to whom.
struct ConnectionInfo {
  Endpoint client;
  Endpoint server;
  bool from_the_start = true;  ///< its handshake was captured
};

/// What a capture holds, in capture order.
class CaptureSink {
 public:
  /// The first packet, whatever is in it: the origin of all times that people are shown.
  virtual void started(Time) {}
  virtual void opened(ConnectionId id, const ConnectionInfo& info, Moment moment) = 0;
  /// Bytes of one direction in stream order; the client of the connection is the source. Borrowed for the
  /// call.
  virtual void data(ConnectionId id, Direction direction, Bytes bytes, Moment moment) = 0;
  /// `count` bytes that the capture does not have.
  virtual void missing(ConnectionId id, Direction direction, std::uint64_t count, Moment moment) = 0;
  /// A segment was taken in; its payload stands at `offset` of its direction, or before the first byte seen.
  virtual void placed(ConnectionId, Direction, const Segment&, std::optional<std::uint64_t> /*offset*/) {}
  /// The connection ended: both ends of stream were seen, or a reset.
  virtual void closed(ConnectionId id, bool reset, Moment moment) = 0;

 protected:
  ~CaptureSink() = default;
};

/// What read_capture() saw.
struct CaptureStatistics {
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;        ///< captured, of all frames
  std::uint64_t cut_packets = 0;  ///< shorter than on the wire (snaplen)
  Time first{}, last{};
};

/// One packet as captured; `frame` is borrowed for the call.
struct Packet {
  int link_type = 0;
  Time time{};
  std::uint32_t size_on_wire = 0;
  Bytes frame;
};
/// Calls `each` for every packet of a pcap or pcapng file, in order. Throws and warns as read_capture() does.
void read_packets(PackedFile file, const std::string& path, const std::function<void(const Packet&)>& each,
                  std::string& warning);

/// Reads a pcap or pcapng file (plain, gzip or zstd; "-": standard input) and reassembles its TCP
/// connections. Memory is bounded by the number of connections. Throws std::runtime_error that names the file
/// when it cannot be read; a file cut short is read as far as it goes, and `warning` says so.
CaptureStatistics read_capture(const std::string& path, CaptureSink& sink, std::string& warning);
/// The same from a file that is open already; `path` is for messages.
CaptureStatistics read_capture(PackedFile file, const std::string& path, CaptureSink& sink,
                               std::string& warning);

}  // namespace mig::replay
