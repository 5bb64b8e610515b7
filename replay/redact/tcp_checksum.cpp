// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/redact/tcp_checksum.hpp"

namespace mig::replay {
namespace {

constexpr std::size_t checksum_at = 16;
constexpr std::uint64_t protocol_tcp = 6;

/// 16-bit words, an odd last byte filled up with zero.
std::uint64_t words(Bytes bytes) noexcept {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) sum += load_be16(bytes, i);
  if (bytes.size() % 2 != 0) sum += static_cast<std::uint64_t>(load_u8(bytes, bytes.size() - 1)) << 8;
  return sum;
}

}  // namespace

void set_tcp_checksum(const Segment& s, std::span<std::byte> transport) noexcept {
  const auto size = (std::to_integer<std::size_t>(transport[12]) >> 4) * 4 + s.size;
  const auto tcp = transport.first(size);  // without Ethernet's padding
  tcp[checksum_at] = tcp[checksum_at + 1] = std::byte{};
  const std::size_t address = s.source.v6 ? 16 : 4;
  auto sum = words(tcp) + size + protocol_tcp +
             words(std::as_bytes(std::span(s.source.address)).first(address)) +
             words(std::as_bytes(std::span(s.destination.address)).first(address));
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  const auto checksum = ~sum & 0xffff;
  tcp[checksum_at] = static_cast<std::byte>(checksum >> 8);
  tcp[checksum_at + 1] = static_cast<std::byte>(checksum & 0xff);
}

}  // namespace mig::replay
