// SPDX-License-Identifier: GPL-2.0-or-later
// What is inside a tunnel's header.
#pragma once
#include <cstdint>
#include <optional>

#include "mig/bytes.hpp"

namespace mig::replay {

/// Bytes, and what they begin with: an Ethernet header, or what an EtherType says.
struct Inner {
  enum Kind : std::uint8_t { ethernet, by_ethertype, ip } kind = ip;
  Bytes bytes;
  std::uint16_t ethertype = 0;  ///< by_ethertype
};

/// VXLAN, VXLAN-GPE, GENEVE and MPLS by their ports; VXLAN on other ports by its header and what follows it.
/// `udp` begins with the UDP header.
[[nodiscard]] std::optional<Inner> inside_udp(Bytes udp);
/// GRE, with NVGRE and ERSPAN (types I to III). `gre` begins with its header.
[[nodiscard]] std::optional<Inner> inside_gre(Bytes gre);
/// Behind the last label; an Ethernet pseudowire, with or without control word, too.
[[nodiscard]] std::optional<Inner> inside_mpls(Bytes labels);
/// A PPPoE session.
[[nodiscard]] std::optional<Inner> inside_pppoe(Bytes pppoe);
/// A packet of WireGuard's data, by its header: it hides what it carries.
[[nodiscard]] bool is_wireguard(Bytes udp) noexcept;

}  // namespace mig::replay
