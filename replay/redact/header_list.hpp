// SPDX-License-Identifier: GPL-2.0-or-later
// The list of what may stay of each header. What is not in it is not kept: an event without an entry is
// blank.
#pragma once
#include <array>
#include <optional>
#include <string_view>

#include "mig/events.hpp"
#include "mig/held_bytes.hpp"
#include "mig/stream_tables.hpp"

namespace mig::replay {

/// A header as it may be written.
struct ListedHeader {
  static constexpr std::size_t capacity = HeldBytes::capacity;
  std::array<std::byte, capacity> bytes{};
  std::size_t size = 0;     ///< that of the header
  std::size_t text_at = 0;  ///< where `text` is
  bool plausible = true;    ///< all its numbers can be what they count
  std::string_view text;    ///< the header's only text, or the 16 bytes of a UUID; borrowed from its bytes
  [[nodiscard]] Bytes view() const noexcept { return Bytes(bytes).first(size); }
};

/// How far the header is trusted: `cautious` is for what may have been read out of page contents. It keeps
/// numbers that are possible for what they count, and no text, which reads as `x`; a UUID is zero.
/// `certain` keeps all numbers, and texts that are printable ASCII.
enum class Trust : std::uint8_t { cautious, certain };

/// nullopt: nothing of it may stay.
[[nodiscard]] std::optional<ListedHeader> listed_header(const Event& event, Bytes raw,
                                                        const StreamTables& tables, Trust trust);

/// Printable ASCII, as QEMU's own names are.
[[nodiscard]] bool is_plain_text(std::string_view text) noexcept;

}  // namespace mig::replay
