// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "mig/bytes.hpp"
#include "mig/connection_parser.hpp"
#include "replay/input/moment.hpp"
#include "replay/input/packet_source.hpp"
#include "replay/input/segment.hpp"
#include "replay/input/streams/stream_file.hpp"

namespace mig::replay {

/// Who opened a connection, and to whom.
struct ConnectionInfo {
  Endpoint client;
  Endpoint server;
  bool from_the_start = true;  ///< its handshake was captured
  CaptureInterface interface {};
};

/// Bytes of a direction that its receiver did not take for longer than max_pause.
struct Stall {
  static constexpr Time max_pause = std::chrono::seconds(1);
  Moment begin, end;
  std::uint64_t bytes = 0;   ///< sent and not acknowledged
  bool zero_window = false;  ///< the receiver said that it has no room
  bool at_the_end = false;   ///< the capture ends with it
};

/// What a capture holds, in capture order.
class CaptureSink {
 public:
  /// The first packet, whatever is in it: the origin of all times that people are shown.
  virtual void started(Time) {}
  /// Somebody's remark about the packet that follows.
  virtual void comment(std::string_view, Moment) {}
  /// The same about one that is left out: of the other leg of a recording.
  virtual void comment_elsewhere(std::string_view, Moment) {}
  virtual void opened(ConnectionId id, const ConnectionInfo& info, Moment moment) = 0;
  /// Bytes of one direction in stream order; the client of the connection is the source. Borrowed for the
  /// call.
  virtual void data(ConnectionId id, Direction direction, Bytes bytes, Moment moment) = 0;
  /// `count` bytes that the capture does not have.
  virtual void missing(ConnectionId id, Direction direction, std::uint64_t count, Moment moment) = 0;
  /// A segment was taken in; its payload stands at `offset` of its direction, or before the first byte seen.
  virtual void placed(ConnectionId, Direction, const Segment&, std::optional<std::uint64_t> /*offset*/) {}
  /// `from`'s sender ended its direction (FIN), or reset the connection. Called once for each direction.
  virtual void ended(ConnectionId, Direction /*from*/, bool /*reset*/, Moment) {}
  /// A segment of the direction repeats bytes with other contents; the first copy is what was given.
  virtual void conflicting(ConnectionId, Direction, Moment) {}
  virtual void stalled(ConnectionId, Direction, const Stall&) {}
  /// The connection ended: both ends of stream were seen, or a reset.
  virtual void closed(ConnectionId id, bool reset, Moment moment) = 0;

 protected:
  ~CaptureSink() = default;
};

/// What read_capture() saw.
struct CaptureStatistics {
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;              ///< captured, of all frames
  std::uint64_t cut_packets = 0;        ///< shorter than on the wire (snaplen)
  std::uint32_t largest_cut = 0;        ///< bytes that were captured of the largest of them
  std::uint64_t encrypted_packets = 0;  ///< of IPsec or WireGuard: what they carry cannot be known
  Time first{}, last{};
};

struct ReadOptions {
  std::string interface;       ///< only packets of interfaces whose name begins so
  StreamChoice stream;         ///< of a file with migration streams
  std::function<void()> tick;  ///< called now and then
};

/// Reassembles the TCP connections of a capture. Memory is bounded by the number of connections. Where the
/// source ends early `warning` says so, and which link types are not known.
CaptureStatistics read_capture(PacketSource& packets, CaptureSink& sink, std::string& warning,
                               const ReadOptions& options = {});
/// The same for a pcap or pcapng file, plain or packed ("-": standard input). Throws std::runtime_error
/// that names the file when it cannot be read.
CaptureStatistics read_capture(const std::string& path, CaptureSink& sink, std::string& warning);

}  // namespace mig::replay
