// SPDX-License-Identifier: GPL-2.0-or-later
// Layouts: IEEE 802.3 and 802.1Q, the tcpdump.org link-layer header types, RFC 791, RFC 8200, RFC 9293.
#include "replay/input/segment.hpp"

#include <arpa/inet.h>
#include <pcap/dlt.h>

#include <algorithm>

namespace mig::replay {
namespace {

constexpr std::uint16_t ethertype_ipv4 = 0x0800, ethertype_ipv6 = 0x86dd;
constexpr std::uint16_t ethertype_vlan = 0x8100, ethertype_service_vlan = 0x88a8;
constexpr std::uint8_t protocol_tcp = 6;
constexpr int linux_sll2 = 276;  // DLT_LINUX_SLL2; older headers lack it

/// The network packet in a frame with an EtherType at `at`.
std::optional<Bytes> behind_ethertype(Bytes frame, std::size_t at) {
  while (frame.size() >= at + 2) {
    const auto type = load_be16(frame, at);
    if (type == ethertype_ipv4 || type == ethertype_ipv6) return frame.subspan(at + 2);
    if (type != ethertype_vlan && type != ethertype_service_vlan) return std::nullopt;
    at += 4;
  }
  return std::nullopt;
}

std::optional<Bytes> network_packet(int link_type, Bytes frame) {
  switch (link_type) {
    case DLT_EN10MB: return behind_ethertype(frame, 12);
    case DLT_LINUX_SLL: return behind_ethertype(frame, 14);
    case linux_sll2:
      if (frame.size() < 20) return std::nullopt;
      return frame.subspan(20);
    case DLT_NULL:
    case DLT_LOOP:
      if (frame.size() < 4) return std::nullopt;
      return frame.subspan(4);
    default: return frame;  // raw IP
  }
}

/// The TCP part of an IP packet, addresses filled in. `size` is what the packet says, not what was captured.
struct Transport {
  Bytes bytes;
  std::size_t size = 0;
};

std::optional<Transport> ipv4(Bytes p, Segment& out) {
  if (p.size() < 20) return std::nullopt;
  const std::size_t header = (load_u8(p) & 0xfU) * 4U;
  const std::size_t total = load_be16(p, 2);
  const bool fragment = (load_be16(p, 6) & 0x3fff) != 0;
  if (header < 20 || p.size() < header || load_u8(p, 9) != protocol_tcp || fragment) return std::nullopt;
  for (std::size_t i = 0; i < 4; ++i) {
    out.source.address[i] = load_u8(p, 12 + i);
    out.destination.address[i] = load_u8(p, 16 + i);
  }
  // Segmentation offload leaves the length 0 in packets captured before they were cut.
  const std::size_t size = total != 0 ? total : p.size();
  if (size < header) return std::nullopt;
  return Transport{p.subspan(header), size - header};
}

std::optional<Transport> ipv6(Bytes p, Segment& out) {
  if (p.size() < 40) return std::nullopt;
  out.source.v6 = out.destination.v6 = true;
  for (std::size_t i = 0; i < 16; ++i) {
    out.source.address[i] = load_u8(p, 8 + i);
    out.destination.address[i] = load_u8(p, 24 + i);
  }
  const std::size_t length = load_be16(p, 4);
  const std::size_t total = length != 0 ? length : p.size() - 40;
  std::uint8_t next = load_u8(p, 6);
  std::size_t at = 40;
  // Hop-by-hop, routing and destination options: u8 next, u8 length in units of 8 beyond the first 8.
  while (next == 0 || next == 43 || next == 60) {
    if (p.size() < at + 2) return std::nullopt;
    next = load_u8(p, at);
    at += (load_u8(p, at + 1) + 1U) * 8U;
  }
  if (next != protocol_tcp || p.size() < at || total < at - 40) return std::nullopt;
  return Transport{p.subspan(at), total - (at - 40)};
}

std::optional<Segment> tcp(const Transport& t, Segment out) {
  const auto p = t.bytes;
  if (p.size() < 20) return std::nullopt;
  const std::size_t header = (load_u8(p, 12) >> 4) * 4U;
  if (header < 20 || t.size < header) return std::nullopt;
  const auto flags = load_u8(p, 13);
  out.source.port = load_be16(p, 0);
  out.destination.port = load_be16(p, 2);
  out.sequence = load_be32(p, 4);
  out.acknowledgement = load_be32(p, 8);
  out.fin = (flags & 0x01) != 0;
  out.syn = (flags & 0x02) != 0;
  out.rst = (flags & 0x04) != 0;
  out.ack = (flags & 0x10) != 0;
  out.window = load_be16(p, 14);
  out.size = static_cast<std::uint32_t>(t.size - header);
  out.transport = p;
  const auto captured = p.subspan(std::min(header, p.size()));
  out.payload =
      captured.first(std::min<std::size_t>(captured.size(), out.size));  // without Ethernet's padding
  return out;
}

}  // namespace

bool is_known_link_type(int link_type) noexcept {
  constexpr std::array known = {DLT_EN10MB, DLT_LINUX_SLL, linux_sll2, DLT_NULL, DLT_LOOP,
                                DLT_RAW,    101,           228,        229};
  return std::find(known.begin(), known.end(), link_type) != known.end();  // LINKTYPE_RAW, IPV4, IPV6
}

std::optional<Segment> decode_frame(int link_type, Bytes frame) {
  const auto packet = network_packet(link_type, frame);
  if (!packet || packet->empty()) return std::nullopt;
  Segment out;
  out.network = *packet;
  const auto version = load_u8(*packet) >> 4;
  const auto transport = version == 4 ? ipv4(*packet, out) : version == 6 ? ipv6(*packet, out) : std::nullopt;
  if (!transport) return std::nullopt;
  return tcp(*transport, out);
}

std::string to_string(const Endpoint& endpoint) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(endpoint.v6 ? AF_INET6 : AF_INET, endpoint.address.data(), text.data(), text.size());
  const auto port = ":" + std::to_string(endpoint.port);
  return endpoint.v6 ? "[" + std::string(text.data()) + "]" + port : text.data() + port;
}

}  // namespace mig::replay
