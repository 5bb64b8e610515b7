// SPDX-License-Identifier: GPL-2.0-or-later
// The blocks of a pcapng file that a recording needs (draft-ietf-opsawg-pcapng). libpcap writes none of the
// comments and interface names that make a recording readable.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "mig/bytes.hpp"

namespace mig::proxy::pcapng {

/// One block, in the byte order of this machine, as the section header says.
using Block = std::vector<std::byte>;

/// Readers take at most so much of a packet.
constexpr std::uint32_t snap_length = 262144;

/// `program` is the name and version of the writer; `comment` is about the whole file.
[[nodiscard]] Block section_header(std::string_view program, std::string_view comment);
/// An Ethernet interface with times in nanoseconds. (libpcap 1.10 refuses a second interface of raw IP.)
[[nodiscard]] Block interface(std::string_view name, std::string_view description);

struct PacketHead {
  std::uint32_t interface = 0;  ///< in the order of the interface blocks
  std::uint64_t time_ns = 0;    ///< since 1970
  bool outbound = false;
  std::size_t length = 0;  ///< of the packet; what is kept of it may be less
};
/// A packet: first this, then the kept bytes, then any comments, then seal().
[[nodiscard]] Block packet(const PacketHead& head, Bytes headers, Bytes payload);
/// A longer comment than fits (64 KiB) is cut.
void add_comment(Block& packet, std::string_view text);
void seal(Block& packet);

}  // namespace mig::proxy::pcapng
