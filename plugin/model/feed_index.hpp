// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstdint>
#include <deque>
#include <map>

#include "mig/events.hpp"
#include "plugin/model/sequencer.hpp"

namespace mig::plugin {

/// Bytes that were fed to the parser, and where they came from. Feeds tile the stream but for gaps.
struct Feed {
  std::uint64_t begin = 0;    ///< stream offset of its first byte
  std::uint32_t length = 0;   ///< bytes of the stream, those that the snaplen cut off included
  std::uint32_t overlap = 0;  ///< bytes of the segment before `begin`, which had come before
  std::uint32_t frame = 0;    ///< where the bytes are
  std::uint32_t fed_in = 0;   ///< where they reached the parser; another frame if they came early
  std::uint16_t ordinal = 0;
  std::uint16_t fed_ordinal = 0;
  std::uint16_t held = 0;  ///< bytes that the parser held back behind this feed

  [[nodiscard]] std::uint64_t end() const noexcept { return begin + length; }
  /// Up to here events had come out behind this feed.
  [[nodiscard]] std::uint64_t emitted() const noexcept { return end() - held; }
  [[nodiscard]] Visit visit() const noexcept { return {frame, ordinal}; }
  [[nodiscard]] Visit fed() const noexcept { return {fed_in, fed_ordinal}; }
};

/// All feeds of one direction, in stream order. A later visit of a frame finds its feeds here.
class FeedIndex {
 public:
  /// What one visit brought: the stream range whose events came out in it.
  struct NewEvents {
    StreamRange emitted;
    const Feed* own = nullptr;  ///< the feed whose bytes the visit itself has; nullptr: only others' bytes
  };

  void add(const Feed& feed);
  Feed& last() noexcept { return feeds_.back(); }
  [[nodiscard]] bool empty() const noexcept { return feeds_.empty(); }
  [[nodiscard]] NewEvents new_events_of(Visit visit) const noexcept;
  /// The frame in which bytes of `visit` reached the parser, if that was a later one; else 0.
  [[nodiscard]] std::uint32_t fed_later(Visit visit) const noexcept;
  /// The frame that has the byte at `offset`; 0: none.
  [[nodiscard]] std::uint32_t frame_at(std::uint64_t offset) const noexcept;

 private:
  std::deque<Feed> feeds_;
  std::map<Visit, std::uint32_t> early_;  // visit -> frame it was fed in
};

}  // namespace mig::plugin
