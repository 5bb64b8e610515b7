// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <array>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "replay/input/moment.hpp"
#include "replay/input/segment.hpp"

namespace mig::replay {

/// What is kept of one TCP connection of a capture file, to recognize it in another one. By direction: 0 from
/// the smaller endpoint.
struct ConnectionTrace {
  static constexpr std::size_t max_packets = 64;           ///< that are kept of a direction
  using Packet = std::pair<std::uint32_t, std::uint32_t>;  ///< sequence and acknowledgement number
  struct Way {
    std::uint32_t first = 0, last = 0;  ///< sequence numbers: of the first segment, and behind the last one
    Time begin{}, end{};
    std::map<Packet, Time> packets;  ///< the first ones
  };
  std::array<std::optional<Way>, 2> ways;
  bool handshake = false;  ///< a SYN is in the file

  void add(const Segment& segment, Time time);
};

struct CaptureTrace {
  using Ends = std::pair<Endpoint, Endpoint>;  ///< the smaller first
  Time first{};                                ///< packet of the file
  std::map<Ends, ConnectionTrace> connections;
};

/// nullopt: no capture, or nothing that can be read twice.
[[nodiscard]] std::optional<CaptureTrace> trace_of(const std::string& path);

/// True if `later` goes on with the connection of `earlier`, by time and sequence numbers.
[[nodiscard]] bool continues(const ConnectionTrace& earlier, const ConnectionTrace& later);

struct ClockOffset {
  Time ahead{}, within{};
};
/// The clock of `b` against that of `a`, from packets that both have; nullopt: they have none of either
/// direction. A packet arrives later than it was sent, which bounds the offset from both sides.
[[nodiscard]] std::optional<ClockOffset> clock_offset(const ConnectionTrace& a, const ConnectionTrace& b);

}  // namespace mig::replay
