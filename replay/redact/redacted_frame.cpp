// SPDX-License-Identifier: GPL-2.0-or-later
// Layouts: RFC 791, RFC 8200, RFC 9293, RFC 7323, RFC 2018.
#include "replay/redact/redacted_frame.hpp"

#include <algorithm>

namespace mig::replay {
namespace {

constexpr std::size_t longest_link_header = 64;
constexpr std::size_t tcp_header = 20, checksum_at = 16, ip_checksum_at = 10;
constexpr std::uint64_t protocol_tcp = 6;

/// 16-bit words, an odd last byte filled up with zero.
std::uint64_t words(Bytes bytes) noexcept {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) sum += load_be16(bytes, i);
  if (bytes.size() % 2 != 0) sum += static_cast<std::uint64_t>(load_u8(bytes, bytes.size() - 1)) << 8;
  return sum;
}

void put_checksum(std::span<std::byte> at, std::uint64_t sum) noexcept {
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  at[0] = static_cast<std::byte>(~sum >> 8 & 0xff);
  at[1] = static_cast<std::byte>(~sum & 0xff);
}

std::size_t header_size(const Segment& s) { return std::to_integer<std::size_t>(s.transport[12] >> 4) * 4; }

/// Copies parts of one frame to the same places of another.
class Copy {
 public:
  Copy(Bytes from, std::span<std::byte> to) : from_(from), to_(to) {}
  void operator()(Bytes part) const { std::ranges::copy(part, in_copy(part).begin()); }
  [[nodiscard]] std::span<std::byte> in_copy(Bytes part) const {
    return to_.subspan(static_cast<std::size_t>(part.data() - from_.data()), part.size());
  }

 private:
  Bytes from_;
  std::span<std::byte> to_;
};

/// Size of the option at the front; 0: not known, or not of its length.
std::size_t known_option(Bytes options) {
  const auto kind = load_u8(options);
  if (kind == 1) return 1;  // NOP
  if (options.size() < 2) return 0;
  const std::size_t size = load_u8(options, 1);
  const bool known = (kind == 2 && size == 4) || (kind == 3 && size == 3) || (kind == 4 && size == 2) ||
                     (kind == 5 && size >= 10 && size <= 34 && size % 8 == 2) || (kind == 8 && size == 10);
  return known && size <= options.size() ? size : 0;
}

/// Maximum segment size, window scale, selective acknowledgement and timestamps, and nothing behind the last.
bool all_known(Bytes options) {
  while (!options.empty() && load_u8(options) != 0) {
    const auto size = known_option(options);
    if (size == 0) return false;
    options = options.subspan(size);
  }
  return std::ranges::all_of(options, [](std::byte b) { return b == std::byte{}; });
}

/// Without options, which are rare; zero is the end of them.
void copy_ipv4(const Copy& copy, const Segment& s) {
  copy(s.network.first(20));
  const auto header = copy.in_copy(s.network.first((load_u8(s.network) & 0xfU) * 4U));
  if (header.size() == 20) return;
  header[ip_checksum_at] = header[ip_checksum_at + 1] = std::byte{};
  put_checksum(header.subspan(ip_checksum_at), words(header));
}

/// Of extension headers what and how long they are; zeros are padding.
void copy_ipv6(const Copy& copy, const Segment& s) {
  copy(s.network.first(40));
  const auto end = s.network.size() - s.transport.size();
  for (std::size_t at = 40; at + 2 <= end; at += (load_u8(s.network, at + 1) + 1U) * 8U)
    copy(s.network.subspan(at, 2));
}

void copy_tcp(const Copy& copy, const Segment& s) {
  copy(s.transport.first(tcp_header));
  const auto header = copy.in_copy(s.transport.first(tcp_header));
  const auto zero = [&](std::size_t at, std::size_t size) {
    std::ranges::fill(header.subspan(at, size), std::byte{});
  };
  constexpr std::size_t acknowledgement = 8, urgent = 18;
  constexpr unsigned urgent_flag = 0x20;
  if (!s.ack) zero(acknowledgement, 4);
  if ((load_u8(header, 13) & urgent_flag) == 0) zero(urgent, 2);
  zero(checksum_at, 2);
  if (header_size(s) > s.transport.size()) return;
  const auto options = s.transport.first(header_size(s)).subspan(tcp_header);
  if (all_known(options)) {
    copy(options);
  } else {
    std::ranges::fill(copy.in_copy(options), std::byte{1});
  }
}

}  // namespace

bool has_sound_headers(const Segment& s) noexcept {
  if (!s.source.v6 && load_be16(s.network, ip_checksum_at) != 0) {
    auto sum = words(s.network.first((load_u8(s.network) & 0xfU) * 4U));
    while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
    if (sum != 0xffff) return false;
  }
  if (s.syn) return !s.fin && !s.rst && s.size == 0;
  return s.rst ? !s.fin : s.ack;
}

void RedactedFrame::take(Bytes frame, const Segment* s) {
  bytes.assign(frame.size(), std::byte{});
  payload = {};
  if (s == nullptr) return;
  const Copy copy(frame, bytes);
  const auto link = frame.first(static_cast<std::size_t>(s->network.data() - frame.data()));
  if (link.size() <= longest_link_header) copy(link);
  if (s->source.v6) {
    copy_ipv6(copy, *s);
  } else {
    copy_ipv4(copy, *s);
  }
  copy_tcp(copy, *s);
  payload = copy.in_copy(s->payload);
}

void RedactedFrame::set_checksum(Bytes frame, const Segment& s) {
  const auto size = header_size(s) + s.size;
  if (size > s.transport.size()) return;  // cut: without the rest no sum is right
  const auto tcp = Copy(frame, bytes).in_copy(s.transport.first(size));
  const std::size_t address = s.source.v6 ? 16 : 4;
  put_checksum(tcp.subspan(checksum_at),
               words(tcp) + size + protocol_tcp +
                   words(std::as_bytes(std::span(s.source.address)).first(address)) +
                   words(std::as_bytes(std::span(s.destination.address)).first(address)));
}

}  // namespace mig::replay
