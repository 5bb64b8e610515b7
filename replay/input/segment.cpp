// SPDX-License-Identifier: GPL-2.0-or-later
// Layouts: IEEE 802.3 and 802.1Q, the tcpdump.org link-layer header types, RFC 791, RFC 8200, RFC 9293.
#include "replay/input/segment.hpp"

#include <arpa/inet.h>
#include <pcap/dlt.h>

#include <algorithm>

#include "replay/input/frame_decoder.hpp"
#include "replay/input/tunnels.hpp"

namespace mig::replay {
namespace {

constexpr std::uint16_t ethertype_ipv4 = 0x0800, ethertype_ipv6 = 0x86dd;
constexpr std::uint16_t ethertype_mpls = 0x8847, ethertype_mpls_multicast = 0x8848, ethertype_pppoe = 0x8864;
constexpr std::uint8_t protocol_ipv4 = 4, protocol_tcp = 6, protocol_udp = 17, protocol_ipv6 = 41,
                       protocol_gre = 47, protocol_esp = 50, protocol_mpls = 137;
constexpr int linux_sll2 = 276;  // DLT_LINUX_SLL2; older headers lack it

/// The tags of VLANs, in whatever depth: IEEE 802.1Q, 802.1ad, and two that were used before it.
bool is_vlan(std::uint16_t ethertype) {
  return ethertype == 0x8100 || ethertype == 0x88a8 || ethertype == 0x9100 || ethertype == 0x9200;
}

/// What an IP packet carries. `size` is what the packet says, not what was captured.
struct Transport {
  Bytes bytes;
  std::size_t size = 0;
  std::uint8_t protocol = 0;
  // Of a fragment.
  std::size_t offset = 0;
  bool more = false;
  std::uint32_t id = 0;
  [[nodiscard]] bool is_fragment() const noexcept { return more || offset != 0; }
};

std::optional<Transport> ipv4(Bytes p, Segment& out) {
  if (p.size() < 20) return std::nullopt;
  const std::size_t header = (load_u8(p) & 0xfU) * 4U;
  const std::size_t total = load_be16(p, 2);
  if (header < 20 || p.size() < header) return std::nullopt;
  for (std::size_t i = 0; i < 4; ++i) {
    out.source.address[i] = load_u8(p, 12 + i);
    out.destination.address[i] = load_u8(p, 16 + i);
  }
  // Segmentation offload leaves the length 0 in packets captured before they were cut.
  const std::size_t size = total != 0 ? total : p.size();
  if (size < header) return std::nullopt;
  const auto fragment = load_be16(p, 6);
  return Transport{p.subspan(header),        size - header,  load_u8(p, 9), (fragment & 0x1fffU) * 8U,
                   (fragment & 0x2000) != 0, load_be16(p, 4)};
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
  Transport t;
  t.protocol = load_u8(p, 6);
  std::size_t at = 40;
  // Hop-by-hop, routing, fragment and destination options: u8 next, u8 length in units of 8 beyond the first
  // 8, which is 0 for a fragment: be16 offset and flags, be32 id.
  while (t.protocol == 0 || t.protocol == 43 || t.protocol == 44 || t.protocol == 60) {
    if (p.size() < at + 8) return std::nullopt;
    const bool fragment = t.protocol == 44;
    if (fragment) {
      t.offset = load_be16(p, at + 2) & 0xfff8U;
      t.more = (load_be16(p, at + 2) & 1) != 0;
      t.id = load_be32(p, at + 4);
    }
    t.protocol = load_u8(p, at);
    at += fragment ? 8U : (load_u8(p, at + 1) + 1U) * 8U;
    if (t.is_fragment()) break;  // what follows is a piece
  }
  if (p.size() < at || total < at - 40) return std::nullopt;
  t.bytes = p.subspan(at);
  t.size = total - (at - 40);
  return t;
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

/// One frame, from the outside to the inside.
class FrameDecoder::Layers {
 public:
  explicit Layers(FrameDecoder& decoder) : decoder_(decoder) {}

  std::optional<Segment> link(int link_type, Bytes frame) {
    switch (link_type) {
      case DLT_EN10MB: return ethernet(frame);
      case DLT_LINUX_SLL: return behind_ethertype(frame, 14);
      case linux_sll2: {
        if (frame.size() < 20) return std::nullopt;
        return by_ethertype(load_be16(frame), frame.subspan(20));
      }
      case DLT_NULL:
      case DLT_LOOP: return frame.size() < 4 ? std::nullopt : network(frame.subspan(4));
      default: return network(frame);  // raw IP
    }
  }

 private:
  static constexpr int deepest = 8;  // of tunnels in tunnels

  std::optional<Segment> ethernet(Bytes frame) { return behind_ethertype(frame, 12); }
  std::optional<Segment> behind_ethertype(Bytes frame, std::size_t at) {
    if (frame.size() < at + 2) return std::nullopt;
    return by_ethertype(load_be16(frame, at), frame.subspan(at + 2));
  }
  std::optional<Segment> by_ethertype(std::uint16_t type, Bytes p) {
    for (; is_vlan(type) && p.size() >= 4; p = p.subspan(4)) type = load_be16(p, 2);
    switch (type) {
      case ethertype_ipv4:
      case ethertype_ipv6: return network(p);
      case ethertype_mpls:
      case ethertype_mpls_multicast: return inside(inside_mpls(p));
      case ethertype_pppoe: return inside(inside_pppoe(p));
      default: return std::nullopt;
    }
  }
  std::optional<Segment> inside(const std::optional<Inner>& inner) {
    if (!inner || ++depth_ > deepest) return std::nullopt;
    decoder_.wrapped_ = true;
    switch (inner->kind) {
      case Inner::ethernet: return ethernet(inner->bytes);
      case Inner::by_ethertype: return by_ethertype(inner->ethertype, inner->bytes);
      case Inner::ip: return network(inner->bytes);
    }
    return std::nullopt;
  }
  std::optional<Segment> network(Bytes p) {
    if (p.empty()) return std::nullopt;
    Segment out;
    out.network = p;
    const auto version = load_u8(p) >> 4;
    auto t = version == 4 ? ipv4(p, out) : version == 6 ? ipv6(p, out) : std::nullopt;
    if (!t || (t->is_fragment() && !complete(*t, out))) return std::nullopt;
    // Padding of the frame is no part of the packet.
    const auto bytes = t->bytes.first(std::min(t->bytes.size(), t->size));
    switch (t->protocol) {
      case protocol_tcp: return tcp(*t, out);
      case protocol_udp: return datagram(bytes);
      case protocol_gre: return inside(inside_gre(bytes));
      case protocol_mpls: return inside(inside_mpls(bytes));
      case protocol_ipv4:
      case protocol_ipv6: return inside(Inner{Inner::ip, bytes});
      case protocol_esp: ++decoder_.encrypted_; return std::nullopt;
      default: return std::nullopt;
    }
  }
  std::optional<Segment> datagram(Bytes udp) {
    if (is_wireguard(udp)) ++decoder_.encrypted_;
    return inside(inside_udp(udp));
  }
  /// With this fragment the datagram is whole, and becomes what is read.
  bool complete(Transport& t, const Segment& ends) {
    if (t.bytes.size() < t.size) return false;  // cut by the snaplen
    DatagramId id;
    std::copy(ends.source.address.begin(), ends.source.address.end(), id.addresses.begin());
    std::copy(ends.destination.address.begin(), ends.destination.address.end(), id.addresses.begin() + 16);
    id.id = t.id;
    id.protocol = t.protocol;
    const auto whole = decoder_.fragments_.add(id, t.offset, t.more, t.bytes.first(t.size));
    if (!whole) return false;
    t = {*whole, whole->size(), t.protocol, 0, false, 0};
    decoder_.wrapped_ = true;
    return true;
  }

  FrameDecoder& decoder_;
  int depth_ = 0;
};

std::optional<Segment> FrameDecoder::decode(int link_type, Bytes frame) {
  fragments_.forget();
  wrapped_ = false;
  return Layers(*this).link(link_type, frame);
}

std::optional<Segment> decode_frame(int link_type, Bytes frame) {
  return FrameDecoder().decode(link_type, frame);
}

bool is_known_link_type(int link_type) noexcept {
  constexpr std::array known = {DLT_EN10MB, DLT_LINUX_SLL, linux_sll2, DLT_NULL, DLT_LOOP,
                                DLT_RAW,    101,           228,        229};
  return std::find(known.begin(), known.end(), link_type) != known.end();  // LINKTYPE_RAW, IPV4, IPV6
}

std::string to_string(const Endpoint& endpoint) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(endpoint.v6 ? AF_INET6 : AF_INET, endpoint.address.data(), text.data(), text.size());
  const auto port = ":" + std::to_string(endpoint.port);
  return endpoint.v6 ? "[" + std::string(text.data()) + "]" + port : text.data() + port;
}

}  // namespace mig::replay
