// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstdint>
#include <optional>

#include "replay/input/defragmenter.hpp"
#include "replay/input/segment.hpp"

namespace mig::replay {

/// decode_frame() for the frames of a capture, one after the other: also through VXLAN, GENEVE, GRE (ERSPAN,
/// NVGRE), MPLS, PPPoE and IP in IP, in any order, and with IP fragments put together. nullopt, too: a
/// fragment that is not the last to come. What is returned is borrowed until the next call.
class FrameDecoder {
 public:
  [[nodiscard]] std::optional<Segment> decode(int link_type, Bytes frame);
  /// The segment returned last came out of a tunnel, or of fragments.
  [[nodiscard]] bool wrapped() const noexcept { return wrapped_; }
  /// Frames in which encryption hides what they carry: ESP, WireGuard.
  [[nodiscard]] std::uint64_t encrypted_frames() const noexcept { return encrypted_; }

 private:
  class Layers;
  Defragmenter fragments_;
  bool wrapped_ = false;
  std::uint64_t encrypted_ = 0;
};

}  // namespace mig::replay
