// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include "replay/input/packet_source.hpp"

namespace mig::replay {

/// By the first bytes of a file.
[[nodiscard]] bool is_pcapng(std::string_view first) noexcept;

/// As open_packets(), for pcapng: several sections, interfaces of several kinds, comments.
/// Source: draft-ietf-opsawg-pcapng.
[[nodiscard]] std::unique_ptr<PacketSource> open_pcapng(CompressedFile file, const std::string& path);

}  // namespace mig::replay
