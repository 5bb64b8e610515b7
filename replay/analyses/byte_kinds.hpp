// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <array>
#include <cstdint>
#include <string_view>

#include "mig/events.hpp"

namespace mig::replay {

/// What the bytes of a migration are spent on.
enum class ByteKind : std::uint8_t {
  pages,            ///< records and contents, multifd's packets too
  zero_pages,       ///< records
  device_state,     ///< bodies of device sections
  iterative_state,  ///< dirty bitmaps, block migration, VFIO, ...
  vm_description,
  return_path,
  framing,  ///< headers, footers, commands, block lists
  unparsed,
};
inline constexpr std::size_t byte_kinds = 8;
using ByteKinds = std::array<std::uint64_t, byte_kinds>;  ///< by ByteKind

[[nodiscard]] ByteKind byte_kind(const EventBody& body, Direction direction) noexcept;
[[nodiscard]] std::string_view to_string(ByteKind kind) noexcept;  // "zero_pages"

}  // namespace mig::replay
