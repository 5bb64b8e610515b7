// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <span>
#include <vector>

#include "replay/input/segment.hpp"

namespace mig::replay {

/// A frame as it may be written, of the same length: link, IP and TCP header with what this program knows of
/// them; their options only where all of them are known. All else is zero: other protocols' frames, what is
/// behind the end of the IP packet, and the payload, which is the caller's to fill.
struct RedactedFrame {
  std::vector<std::byte> bytes;
  std::span<std::byte> payload;  ///< in `bytes`

  /// `segment` is what decode_frame() found in `frame`.
  void take(Bytes frame, const Segment* segment);
  /// To be called when the payload is filled: a segment that was captured whole gets the right checksum
  /// (RFC 9293 3.1), any other none.
  void set_checksum(Bytes frame, const Segment& segment);
};

/// The IP header's checksum is right, or left out, and the flags of TCP go together. A header that was read
/// out of the middle of another packet has seldom both.
[[nodiscard]] bool has_sound_headers(const Segment& segment) noexcept;

}  // namespace mig::replay
