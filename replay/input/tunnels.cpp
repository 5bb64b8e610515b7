// SPDX-License-Identifier: GPL-2.0-or-later
// Layouts: RFC 7348 (VXLAN), draft-ietf-nvo3-vxlan-gpe, RFC 8926 (GENEVE), RFC 2784 and 2890 (GRE), RFC 7637
// (NVGRE), draft-foschiano-erspan, RFC 3032 and 4448 (MPLS), RFC 7510 (MPLS in UDP), RFC 2516 (PPPoE).
#include "replay/input/tunnels.hpp"

namespace mig::replay {
namespace {

constexpr std::uint16_t ethertype_ethernet = 0x6558;
constexpr std::uint16_t vxlan_port = 4789, linux_vxlan_port = 8472, vxlan_gpe_port = 4790, geneve_port = 6081,
                        mpls_port = 6635;
constexpr std::size_t udp_header = 8, vxlan_header = 8;

std::optional<Inner> rest(Inner::Kind kind, Bytes bytes, std::size_t at, std::uint16_t ethertype = 0) {
  if (bytes.size() <= at) return std::nullopt;
  return Inner{kind, bytes.subspan(at), ethertype};
}

std::optional<Inner> by_ethertype(std::uint16_t type, Bytes bytes, std::size_t at) {
  return type == ethertype_ethernet ? rest(Inner::ethernet, bytes, at)
                                    : rest(Inner::by_ethertype, bytes, at, type);
}

bool is_vxlan(Bytes p) {
  constexpr std::uint8_t vni_is_valid = 0x08;
  return p.size() > vxlan_header && (load_u8(p) & vni_is_valid) != 0;
}

/// An Ethernet header with a type that leads on.
bool is_frame(Bytes p) {
  if (p.size() < 14) return false;
  const auto type = load_be16(p, 12);
  return type == 0x0800 || type == 0x86dd || type == 0x8100 || type == 0x88a8;
}

/// On any port: nothing but the one flag, and a frame of a known kind.
bool is_surely_vxlan(Bytes p) {
  if (p.size() < vxlan_header + 15 || load_be32(p) != 0x08000000 || load_u8(p, 7) != 0) return false;
  const auto type = load_be16(p, vxlan_header + 12);
  const auto version = load_u8(p, vxlan_header + 14) >> 4;
  return (type == 0x0800 && version == 4) || (type == 0x86dd && version == 6) || type == 0x8100;
}

std::optional<Inner> inside_vxlan_gpe(Bytes p) {
  constexpr std::uint8_t protocol_present = 0x04;
  if (!is_vxlan(p)) return std::nullopt;
  const bool named = (load_u8(p) & protocol_present) != 0;
  switch (named ? load_u8(p, 3) : 3) {
    case 1:
    case 2: return rest(Inner::ip, p, vxlan_header);
    case 3: return rest(Inner::ethernet, p, vxlan_header);
    default: return std::nullopt;
  }
}

std::optional<Inner> inside_geneve(Bytes p) {
  if (p.size() < 8 || load_u8(p) >> 6 != 0) return std::nullopt;
  return by_ethertype(load_be16(p, 2), p, 8 + (load_u8(p) & 0x3fU) * 4U);
}

}  // namespace

std::optional<Inner> inside_udp(Bytes udp) {
  if (udp.size() <= udp_header) return std::nullopt;
  const auto p = udp.subspan(udp_header);
  switch (load_be16(udp, 2)) {
    case vxlan_port:
    case linux_vxlan_port: return is_vxlan(p) ? rest(Inner::ethernet, p, vxlan_header) : std::nullopt;
    case vxlan_gpe_port: return inside_vxlan_gpe(p);
    case geneve_port: return inside_geneve(p);
    case mpls_port: return inside_mpls(p);
    default: return is_surely_vxlan(p) ? rest(Inner::ethernet, p, vxlan_header) : std::nullopt;
  }
}

std::optional<Inner> inside_gre(Bytes p) {
  constexpr unsigned checksum = 0x8000, routing = 0x4000, key = 0x2000, sequence = 0x1000, version = 7;
  if (p.size() < 4) return std::nullopt;
  const unsigned flags = load_be16(p);
  if ((flags & (routing | version)) != 0) return std::nullopt;
  std::size_t at = 4;
  for (const auto flag : {checksum, key, sequence}) at += (flags & flag) != 0 ? 4 : 0;
  const auto type = load_be16(p, 2);
  if (type == 0x88be) return rest(Inner::ethernet, p, (flags & sequence) != 0 ? at + 8 : at);
  if (type != 0x22eb) return by_ethertype(type, p, at);
  if (p.size() < at + 12) return std::nullopt;
  return rest(Inner::ethernet, p, at + 12 + ((load_u8(p, at + 11) & 1) != 0 ? 8U : 0U));
}

std::optional<Inner> inside_mpls(Bytes p) {
  std::size_t at = 0;
  while (p.size() > at + 4 && (load_u8(p, at + 2) & 1) == 0) at += 4;
  if (p.size() < at + 5) return std::nullopt;
  at += 4;
  const auto nibble = load_u8(p, at) >> 4;
  if (nibble == 4 || nibble == 6) return rest(Inner::ip, p, at);
  return rest(Inner::ethernet, p, is_frame(p.subspan(at)) ? at : at + 4);  // behind a control word
}

std::optional<Inner> inside_pppoe(Bytes p) {
  constexpr std::uint16_t ppp_ipv4 = 0x0021, ppp_ipv6 = 0x0057;
  if (p.size() < 8) return std::nullopt;
  const auto protocol = load_be16(p, 6);
  return protocol == ppp_ipv4 || protocol == ppp_ipv6 ? rest(Inner::ip, p, 8) : std::nullopt;
}

bool is_wireguard(Bytes udp) noexcept {
  constexpr std::uint16_t port = 51820;
  const bool usual = udp.size() > udp_header + 4 && (load_be16(udp) == port || load_be16(udp, 2) == port);
  return usual && load_be32(udp, udp_header) == 0x04000000;
}

}  // namespace mig::replay
