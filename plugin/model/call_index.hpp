// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstdint>
#include <deque>
#include <map>

#include "mig/events.hpp"
#include "plugin/model/sequencer.hpp"

namespace mig::plugin {

/// Bytes that were fed to the parser, and where they came from. Calls tile the stream but for gaps.
struct Call {
  std::uint64_t begin = 0;    ///< stream offset of its first byte
  std::uint32_t length = 0;   ///< bytes of the stream, those that the snaplen cut off included
  std::uint32_t overlap = 0;  ///< bytes of the segment before `begin`, which had come before
  std::uint32_t frame = 0;    ///< where the bytes are
  std::uint32_t fed_in = 0;   ///< where they reached the parser; another frame if they came early
  std::uint16_t ordinal = 0;
  std::uint16_t fed_ordinal = 0;
  std::uint16_t held = 0;  ///< bytes that the parser held back behind this call

  [[nodiscard]] std::uint64_t end() const noexcept { return begin + length; }
  /// Up to here events had come out behind this call.
  [[nodiscard]] std::uint64_t told() const noexcept { return end() - held; }
  [[nodiscard]] Visit visit() const noexcept { return {frame, ordinal}; }
  [[nodiscard]] Visit fed() const noexcept { return {fed_in, fed_ordinal}; }
};

/// All calls of one direction, in stream order. A later visit of a frame finds its calls here.
class CallIndex {
 public:
  /// What one visit brought: the stream range whose events came out in it.
  struct Yield {
    StreamRange told;
    const Call* own = nullptr;  ///< the call whose bytes the visit itself has; nullptr: only others' bytes
  };

  void add(const Call& call);
  Call& last() noexcept { return calls_.back(); }
  [[nodiscard]] bool empty() const noexcept { return calls_.empty(); }
  [[nodiscard]] Yield yield_of(Visit visit) const noexcept;
  /// The frame in which bytes of `visit` reached the parser, if that was a later one; else 0.
  [[nodiscard]] std::uint32_t fed_later(Visit visit) const noexcept;
  /// The frame that has the byte at `offset`; 0: none.
  [[nodiscard]] std::uint32_t frame_at(std::uint64_t offset) const noexcept;

 private:
  std::deque<Call> calls_;
  std::map<Visit, std::uint32_t> early_;  // visit -> frame it was fed in
};

}  // namespace mig::plugin
