// SPDX-License-Identifier: GPL-2.0-or-later
// Ethernet, IP and TCP headers for bytes that came or went through a socket.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "mig/bytes.hpp"
#include "proxy/relay/address.hpp"

namespace mig::proxy {

/// One end of a TCP connection. An IPv4 address is in the last four bytes.
struct HostPort {
  std::array<std::uint8_t, 16> host{};
  bool is_v6 = false;
  std::uint16_t port = 0;
  std::uint8_t station = 0;  ///< last byte of the made-up Ethernet address
};

/// nullopt for a unix socket. An IPv4 address that a socket shows as IPv6 is IPv4 on the wire.
[[nodiscard]] std::optional<HostPort> host_port(const Endpoint& endpoint);
[[nodiscard]] HostPort ipv4(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d,
                            std::uint16_t port) noexcept;

struct TcpHead {
  HostPort from;
  HostPort to;
  std::uint32_t sequence = 0;
  std::uint32_t acknowledged = 0;
  std::uint8_t flags = 0;
  std::uint16_t window = 0;
  bool opening = false;  ///< with the options of a SYN: segment size, window scale
};
namespace tcp_flag {
constexpr std::uint8_t fin = 0x01, syn = 0x02, rst = 0x04, psh = 0x08, ack = 0x10;
}

/// The headers of one packet with right lengths and checksums.
class PacketHeaders {
 public:
  /// The most that one packet may carry.
  static constexpr std::size_t max_payload = 32 * 1024;

  PacketHeaders(const TcpHead& head, Bytes payload);
  [[nodiscard]] Bytes bytes() const noexcept { return std::as_bytes(std::span(bytes_.data(), size_)); }

 private:
  void put8(std::uint8_t value) { bytes_[size_++] = value; }
  void put16(std::uint32_t value);
  void put32(std::uint32_t value);
  void put_host(const HostPort& host);
  void put_ethernet(const TcpHead& head);
  void put_ip(const TcpHead& head, std::size_t tcp_size);
  void put_tcp(const TcpHead& head);

  std::array<std::uint8_t, 96> bytes_{};
  std::size_t size_ = 0;
};

}  // namespace mig::proxy
