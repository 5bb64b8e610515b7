// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <span>

#include "replay/input/segment.hpp"

namespace mig::replay {

/// Puts the right checksum into `transport`, the TCP header and all of its payload (RFC 9293 3.1: with a
/// pseudo header of the addresses of `segment`, protocol 6 and the length).
void set_tcp_checksum(const Segment& segment, std::span<std::byte> transport) noexcept;

}  // namespace mig::replay
