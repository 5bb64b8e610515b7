// SPDX-License-Identifier: GPL-2.0-or-later
#include "proxy/record/packet.hpp"

#include <netinet/in.h>

#include <algorithm>
#include <cstring>

namespace mig::proxy {
namespace {

constexpr std::uint8_t protocol_tcp = 6;
constexpr std::uint8_t hops = 64;
constexpr std::size_t ip_at = 14;
constexpr std::size_t checksum_in_ip = 10;
constexpr std::size_t checksum_in_tcp = 16;

/// Ones' complement sum of big-endian words, not yet folded; an odd last byte counts as the upper half of
/// one.
std::uint64_t sum_of(Bytes bytes) {
  std::uint64_t sum = 0;
  std::size_t at = 0;
  for (; at + 4 <= bytes.size(); at += 4) {  // any width will do: the sum is folded to 16 bits
    std::uint32_t word = 0;
    std::memcpy(&word, bytes.data() + at, sizeof word);
    sum += word;
  }
  std::uint32_t rest = 0;
  if (at != bytes.size()) std::memcpy(&rest, bytes.data() + at, bytes.size() - at);
  return sum + rest;
}

/// In the byte order in which it was summed: to be stored as it is.
std::uint16_t folded(std::uint64_t sum) {
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum);
}

}  // namespace

std::optional<HostPort> host_port(const Endpoint& endpoint) {
  HostPort out;
  if (endpoint.protocol().family() == AF_INET && endpoint.size() >= sizeof(sockaddr_in)) {
    sockaddr_in address{};
    std::memcpy(&address, endpoint.data(), sizeof address);
    std::memcpy(out.host.data() + 12, &address.sin_addr, 4);
    out.port = ntohs(address.sin_port);
    return out;
  }
  if (endpoint.protocol().family() != AF_INET6 || endpoint.size() < sizeof(sockaddr_in6)) return std::nullopt;
  sockaddr_in6 address{};
  std::memcpy(&address, endpoint.data(), sizeof address);
  std::memcpy(out.host.data(), &address.sin6_addr, out.host.size());
  out.port = ntohs(address.sin6_port);
  out.is_v6 = !IN6_IS_ADDR_V4MAPPED(&address.sin6_addr);
  return out;
}

HostPort ipv4(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d, std::uint16_t port) noexcept {
  HostPort out;
  out.host[12] = a;
  out.host[13] = b;
  out.host[14] = c;
  out.host[15] = d;
  out.port = port;
  return out;
}

PacketHeaders::PacketHeaders(const TcpHead& head, Bytes payload) {
  const std::size_t tcp_size = head.opening ? 28 : 20;
  put_ethernet(head);
  put_ip(head, tcp_size + payload.size());
  const std::size_t tcp_at = size_;
  put_tcp(head);
  // The checksum also covers addresses, protocol and length.
  const std::size_t host_size = head.from.is_v6 ? 16 : 4;
  const std::array<std::uint32_t, 2> pseudo{htonl(static_cast<std::uint32_t>(tcp_size + payload.size())),
                                            htonl(protocol_tcp)};
  const std::uint64_t sum = sum_of(bytes().subspan(tcp_at - 2 * host_size)) + sum_of(payload) +
                            sum_of(std::as_bytes(std::span(pseudo)));
  const std::uint16_t checksum = folded(sum);
  std::memcpy(bytes_.data() + tcp_at + checksum_in_tcp, &checksum, sizeof checksum);
}

void PacketHeaders::put16(std::uint32_t value) {
  put8(static_cast<std::uint8_t>(value >> 8));
  put8(static_cast<std::uint8_t>(value));
}

void PacketHeaders::put32(std::uint32_t value) {
  put16(value >> 16);
  put16(value);
}

void PacketHeaders::put_host(const HostPort& host) {
  const std::size_t skip = host.is_v6 ? 0 : 12;
  std::copy(host.host.begin() + static_cast<std::ptrdiff_t>(skip), host.host.end(),
            bytes_.begin() + static_cast<std::ptrdiff_t>(size_));
  size_ += host.host.size() - skip;
}

void PacketHeaders::put_ethernet(const TcpHead& head) {
  for (const std::uint8_t station : {head.to.station, head.from.station}) {
    put16(0x0200);  // an address that its owner made up
    put16(0);
    put8(0);
    put8(station);
  }
  put16(head.from.is_v6 ? 0x86dd : 0x0800);
}

void PacketHeaders::put_ip(const TcpHead& head, std::size_t tcp_size) {
  if (head.from.is_v6) {
    put32(0x60000000);
    put16(static_cast<std::uint32_t>(tcp_size));
    put8(protocol_tcp);
    put8(hops);
  } else {
    put16(0x4500);
    put16(static_cast<std::uint32_t>(20 + tcp_size));
    put32(0x4000);  // no identification needed: not to be fragmented
    put8(hops);
    put8(protocol_tcp);
    put16(0);
  }
  put_host(head.from);
  put_host(head.to);
  if (head.from.is_v6) return;
  const std::uint16_t checksum = folded(sum_of(bytes().subspan(ip_at)));
  std::memcpy(bytes_.data() + ip_at + checksum_in_ip, &checksum, sizeof checksum);
}

void PacketHeaders::put_tcp(const TcpHead& head) {
  put16(head.from.port);
  put16(head.to.port);
  put32(head.sequence);
  put32(head.acknowledged);
  put8(head.opening ? 7 << 4 : 5 << 4);
  put8(head.flags);
  put16(head.window);
  put32(0);  // checksum, urgent pointer
  if (!head.opening) return;
  put16(0x0204);  // largest segment
  put16(max_payload);
  put32(0x01030300 | 14);  // windows count in units of 16 KiB
}

}  // namespace mig::proxy
