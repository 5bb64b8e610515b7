// SPDX-License-Identifier: GPL-2.0-or-later
#include "proxy/record/pcapng.hpp"

#include <cstring>

namespace mig::proxy::pcapng {
namespace {

constexpr std::uint32_t section_header_block = 0x0a0d0d0a;
constexpr std::uint32_t interface_block = 1;
constexpr std::uint32_t enhanced_packet_block = 6;
constexpr std::uint32_t byte_order_magic = 0x1a2b3c4d;
constexpr std::uint16_t linktype_ethernet = 1;

constexpr std::uint16_t opt_comment = 1;
constexpr std::uint16_t shb_userappl = 4;
constexpr std::uint16_t if_name = 2;
constexpr std::uint16_t if_description = 3;
constexpr std::uint16_t if_tsresol = 9;
constexpr std::uint16_t epb_flags = 2;

constexpr std::size_t total_length_at = 4;

template <class Number>
void put(Block& block, Number number) {
  const auto at = block.size();
  block.resize(at + sizeof number);
  std::memcpy(block.data() + at, &number, sizeof number);
}

void put_padded(Block& block, Bytes bytes) {
  block.insert(block.end(), bytes.begin(), bytes.end());
  block.resize((block.size() + 3) / 4 * 4);
}

void put_option(Block& block, std::uint16_t code, Bytes value) {
  value = value.first(std::min<std::size_t>(value.size(), 0xffff));
  put(block, code);
  put(block, static_cast<std::uint16_t>(value.size()));
  put_padded(block, value);
}

Block begin(std::uint32_t type) {
  Block block;
  put(block, type);
  put(block, std::uint32_t{0});  // the length, when it is known
  return block;
}

}  // namespace

Block section_header(std::string_view program, std::string_view comment) {
  Block block = begin(section_header_block);
  put(block, byte_order_magic);
  put(block, std::uint16_t{1});  // version 1.0
  put(block, std::uint16_t{0});
  put(block, ~std::uint64_t{0});  // length of the section: not said
  if (!comment.empty()) put_option(block, opt_comment, as_bytes(comment));
  put_option(block, shb_userappl, as_bytes(program));
  seal(block);
  return block;
}

Block interface(std::string_view name, std::string_view description) {
  Block block = begin(interface_block);
  put(block, linktype_ethernet);
  put(block, std::uint16_t{0});
  put(block, snap_length);
  put_option(block, if_name, as_bytes(name));
  put_option(block, if_description, as_bytes(description));
  const std::byte nanoseconds{9};
  put_option(block, if_tsresol, {&nanoseconds, 1});
  seal(block);
  return block;
}

Block packet(const PacketHead& head, Bytes headers, Bytes payload) {
  constexpr std::size_t around = 64;  // the block's own fields, without comments
  Block block;
  block.reserve(around + headers.size() + payload.size());
  put(block, enhanced_packet_block);
  put(block, std::uint32_t{0});
  put(block, head.interface);
  put(block, static_cast<std::uint32_t>(head.time_ns >> 32));
  put(block, static_cast<std::uint32_t>(head.time_ns));
  put(block, static_cast<std::uint32_t>(headers.size() + payload.size()));
  put(block, static_cast<std::uint32_t>(head.length));
  block.insert(block.end(), headers.begin(), headers.end());
  put_padded(block, payload);
  const std::uint32_t direction = head.outbound ? 2 : 1;
  put_option(block, epb_flags, std::as_bytes(std::span(&direction, 1)));
  return block;
}

void add_comment(Block& packet, std::string_view text) { put_option(packet, opt_comment, as_bytes(text)); }

void seal(Block& packet) {
  put(packet, std::uint32_t{0});  // end of options
  const auto length = static_cast<std::uint32_t>(packet.size() + sizeof(std::uint32_t));
  std::memcpy(packet.data() + total_length_at, &length, sizeof length);
  put(packet, length);
}

}  // namespace mig::proxy::pcapng
