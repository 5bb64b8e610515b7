// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "mig/bytes.hpp"

namespace mig::plugin {

/// One hand-over of bytes by Wireshark: the frame, and which hand-over of that frame it is.
struct Visit {
  std::uint32_t frame = 0;
  std::uint16_t ordinal = 0;
  friend auto operator<=>(const Visit&, const Visit&) = default;
};

/// Puts the segments of one direction of a connection in order by their sequence numbers, and counts them in
/// 64 bits. Segments that come early wait in a bounded window; what is then still missing is a gap.
class Sequencer {
 public:
  struct Segment {
    std::uint32_t sequence = 0;
    Bytes bytes;             ///< as captured
    std::uint32_t size = 0;  ///< as sent; more than was captured where the snaplen cut it
    Visit visit;
  };
  /// The part of a segment that continues the stream.
  struct Piece {
    std::uint64_t begin = 0;
    Bytes bytes;
    std::uint32_t size = 0;
    std::uint32_t overlap = 0;  ///< bytes of the segment that had come before
    Visit visit;
  };
  class Output {
   public:
    virtual void gap(std::uint64_t size) = 0;
    virtual void piece(const Piece& piece) = 0;

   protected:
    ~Output() = default;
  };
  enum class Disposition : std::uint8_t { fed, waits, old };

  /// `segments`: how many may wait; 0: whatever comes early ends the waiting at once.
  void set_window(std::uint32_t segments) noexcept { window_ = segments; }
  Disposition accept(const Segment& segment, Output& out);
  /// The same for a segment without a position: it continues where the one before ended.
  Disposition accept_next(Segment segment, Output& out);
  [[nodiscard]] std::uint64_t next() const noexcept { return next_; }

  static constexpr std::uint64_t max_waiting_bytes = 1U << 20;
  /// A jump this far is believed only when a second segment confirms it.
  static constexpr std::uint64_t far_away = 16U << 20;

 private:
  struct Waiting {
    std::vector<std::byte> bytes;
    std::uint32_t size = 0;
    Visit visit;
  };
  void start(std::uint32_t sequence);
  void wait(std::uint64_t begin, const Segment& segment);
  bool release(Output& out);
  bool lost_patience() const noexcept;
  bool put(std::uint64_t begin, const Segment& segment, Output& out);

  std::multimap<std::uint64_t, Waiting> waiting_;  // by stream offset
  std::uint64_t waiting_bytes_ = 0;
  std::uint64_t next_ = 0;
  std::uint32_t base_ = 0;  // sequence number of stream offset 0
  std::uint32_t window_ = 64;
  bool started_ = false;
};

}  // namespace mig::plugin
