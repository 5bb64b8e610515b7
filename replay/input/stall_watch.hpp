// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstdint>
#include <optional>

#include "replay/input/capture_reader.hpp"

namespace mig::replay {

/// Finds out when the receiver of one direction did not take what was sent. Pure.
class StallWatch {
 public:
  /// After each segment of the connection: `waiting` bytes of this direction are not acknowledged, and the
  /// receiver has no room. The stall that ends here, if there was one.
  std::optional<Stall> seen(std::uint64_t waiting, bool no_room, const Moment& moment) {
    std::optional<Stall> over;
    const bool moves = waiting == 0 && !no_room;
    if (moves || (waiting < waiting_ && !no_room)) over = end(moment, false);
    if (moves) return over;
    if (!since_) since_ = moment;
    waiting_ = waiting;
    zero_window_ = zero_window_ || no_room;
    return over;
  }
  /// The stall that lasts until `moment`, if it is one: at the end of a capture any window 0 is.
  std::optional<Stall> end(const Moment& moment, bool at_the_end) {
    std::optional<Stall> over;
    const bool shut_out = at_the_end && zero_window_;
    if (since_ && (shut_out || moment.time - since_->time > Stall::max_pause))
      over = Stall{*since_, moment, waiting_, zero_window_, at_the_end};
    since_.reset();
    waiting_ = 0;
    zero_window_ = false;
    return over;
  }

 private:
  std::optional<Moment> since_;
  std::uint64_t waiting_ = 0;
  bool zero_window_ = false;
};

}  // namespace mig::replay
