// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "mig/bytes.hpp"
#include "replay/input/moment.hpp"
#include "replay/input/segment.hpp"

namespace mig::replay {

/// Receives one direction of a connection in stream order.
class StreamSink {
 public:
  /// Borrowed for the call. `moment` is that of their packet, but times never go back: what waited for a late
  /// segment could not be read before that came.
  virtual void data(Bytes bytes, const Moment& moment) = 0;
  /// `count` bytes that the capture does not have; `moment` is that of what follows.
  virtual void missing(std::uint64_t count, const Moment& moment) = 0;
  /// Bytes came again and are others.
  virtual void conflicting(const Moment&) {}

 protected:
  ~StreamSink() = default;
};

/// Puts the segments of one direction into order: retransmissions and overlaps are given once (the first copy
/// counts), reordered segments wait for their turn, lost ones become missing(). Pure: no I/O, no clock.
///
/// Why not a library's: those that Debian has end the stream or jump silently where bytes are lost; here the
/// exact number of lost bytes decides whether the migration can be read on.
class TcpReassembly {
 public:
  /// Bytes that were given, as far back as a repetition of them is compared.
  static constexpr std::size_t max_compared = 8U << 10;  // stays in the cache
  /// Bytes that may wait for a lost or late segment before it is given up.
  static constexpr std::size_t max_waiting = 8U << 20;
  /// Segments that may still come out of order behind an acknowledgement of what is missing.
  static constexpr unsigned late_segments = 16;

  /// A segment of this direction.
  void segment(const Segment& segment, const Moment& moment, StreamSink& sink);
  /// The other direction acknowledged up to `number`: what is missing below it was received there, so if it
  /// does not come soon the capture has lost it.
  void acknowledged(std::uint32_t number, StreamSink& sink);
  /// The first acknowledgement of the other direction, of a connection whose handshake was captured, says
  /// where this one begins. Without effect if a segment has said so.
  void begins_at(std::uint32_t number) noexcept;
  /// End of the capture or of the connection: all that waits comes out, with what is missing before it.
  void finish(const Moment& moment, StreamSink& sink);

  /// Where in its direction the payload of a segment that was given to segment() stands; nullopt: before the
  /// first byte that was seen.
  [[nodiscard]] std::optional<std::uint64_t> offset_of(const Segment& segment) const noexcept;
  /// Bytes that were sent, or are missing, and that no acknowledgement covers.
  [[nodiscard]] std::uint64_t unacknowledged() const noexcept {
    const auto from = std::max(acknowledged_, first_);
    return started_ && next_ > from ? next_ - from : 0;
  }
  /// True when the capture began in the middle of this direction.
  [[nodiscard]] bool started_late() const noexcept { return started_late_; }
  /// Nothing more will be compared.
  void forget_compared() { std::vector<std::byte>().swap(recent_); }
  [[nodiscard]] bool ended() const noexcept { return end_ && next_ >= *end_; }

 private:
  [[nodiscard]] std::uint64_t unwrap(std::uint32_t sequence) const noexcept;
  void deliver(std::uint64_t begin, Bytes captured, std::uint64_t end, const Moment& moment,
               StreamSink& sink);
  void keep(std::uint64_t begin, const Segment& segment, const Moment& moment, StreamSink& sink);
  void compare(std::uint64_t begin, Bytes again, const Moment& moment, StreamSink& sink) const;
  void remember(Bytes given);
  [[nodiscard]] Moment no_earlier(const Moment& moment) noexcept;
  void drain(StreamSink& sink);
  void give_up_first(StreamSink& sink);

  struct Waiting {
    std::vector<std::byte> bytes;
    std::uint64_t end = 0;
    Moment moment;
  };
  std::vector<std::byte> recent_;             // the bytes before next_
  std::map<std::uint64_t, Waiting> waiting_;  // by first sequence number, unwrapped
  std::uint64_t next_ = 0;                    // unwrapped sequence number of the next byte
  std::uint64_t first_ = 0;                   // and of the first byte
  std::uint64_t waiting_bytes_ = 0;
  std::optional<std::uint64_t> end_;  // FIN
  std::uint64_t acknowledged_ = 0;
  unsigned late_ = 0;
  Time last_{};
  bool started_ = false;
  bool started_late_ = false;
  bool unheard_ = false;  // no segment of it came: begins_at()
};

}  // namespace mig::replay
