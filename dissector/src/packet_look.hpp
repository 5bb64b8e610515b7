// SPDX-License-Identifier: GPL-2.0-or-later
// What may be packets of a multifd channel, judged by their bytes alone.
#pragma once
#include "peek.hpp"

namespace mig {

inline constexpr std::size_t multifd_name_size = 256;
inline constexpr std::uint32_t max_multifd_pages = 512;  // 512 KiB of the smallest pages

/// A name in a fixed field, NUL padded.
[[nodiscard]] std::string_view padded_name(Bytes field) noexcept;

/// May a packet begin here? Cheap, for scanning byte by byte.
[[nodiscard]] bool may_begin_packet(Bytes bytes) noexcept;
/// The fixed values of a packet's header: magic, version, reserved zeros, padding of the name.
[[nodiscard]] Answer look_at_packet(Peek& peek);
/// Those of the packet that begins a channel.
[[nodiscard]] Answer look_at_init_packet(Peek& peek);

}  // namespace mig
