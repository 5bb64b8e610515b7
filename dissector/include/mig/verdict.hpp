// SPDX-License-Identifier: GPL-2.0-or-later
// Who may run the guest, from what was delivered alone.
#pragma once
#include <cstdint>
#include <string_view>

namespace mig {

class Migration;

enum class Runner : std::uint8_t {
  unknown,      ///< the beginning was not seen, and nothing since then tells
  source,       ///< the source alone
  nobody,       ///< the source has stopped its guest, the destination may not run it yet
  destination,  ///< the destination alone
  both,         ///< neither side is kept from running it
};
[[nodiscard]] std::string_view to_string(Runner runner) noexcept;

/// In plain words, without a full stop.
struct Verdict {
  Runner runner = Runner::unknown;
  std::string_view source;       ///< what the source knows, and what it may do
  std::string_view destination;  ///< the same of the destination
  std::string_view decided_by;   ///< the message, or the end of a connection, that made it so
};

/// As things stand. What a QEMU does that was told to wait (-S, a paused guest) the wire does not show: this
/// says what each side may do. The reasoning is docs/protocol.md section 9.
[[nodiscard]] Verdict verdict(const Migration& migration) noexcept;

}  // namespace mig
