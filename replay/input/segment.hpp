// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>

#include "mig/bytes.hpp"

namespace mig::replay {

/// One end of a TCP connection. IPv4 addresses stand in the first four bytes.
struct Endpoint {
  std::array<std::uint8_t, 16> address{};
  std::uint16_t port = 0;
  bool v6 = false;
  friend auto operator<=>(const Endpoint&, const Endpoint&) = default;
};
/// "127.0.0.1:4444", "[::1]:4444".
[[nodiscard]] std::string to_string(const Endpoint& endpoint);

/// One captured TCP segment. `payload` is borrowed from the packet and may be shorter than `size`: the
/// snaplen cut it.
struct Segment {
  Endpoint source;
  Endpoint destination;
  std::uint32_t sequence = 0;
  std::uint32_t acknowledgement = 0;
  bool syn = false, ack = false, fin = false, rst = false;
  std::uint32_t size = 0;    ///< bytes of payload on the wire
  std::uint16_t window = 0;  ///< as in the header; its scale is not known here, zero is zero
  Bytes payload;             ///< those that were captured
  Bytes network;             ///< from the IP header on, as captured
  Bytes transport;           ///< TCP header and what was captured behind it
};

/// Finds the TCP segment in a captured frame: Ethernet (with VLAN tags), Linux cooked v1 and v2, loopback,
/// raw IP; IPv4 and IPv6. `link_type` is libpcap's DLT_* number. nullopt: no TCP, a fragment, or too little
/// of it was captured.
[[nodiscard]] std::optional<Segment> decode_frame(int link_type, Bytes frame);
/// True for the link types decode_frame() knows.
[[nodiscard]] bool is_known_link_type(int link_type) noexcept;

}  // namespace mig::replay
