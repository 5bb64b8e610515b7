// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include "replay/input/packet_source.hpp"

namespace mig::replay {

/// As open_packets(), for pcap.
[[nodiscard]] std::unique_ptr<PacketSource> open_pcap(CompressedFile file, const std::string& path);

/// "link type X is not supported; ...", for messages.
[[nodiscard]] std::string unknown_link_type(int link_type);

}  // namespace mig::replay
