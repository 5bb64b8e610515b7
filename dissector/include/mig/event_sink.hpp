// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include "mig/bytes.hpp"
#include "mig/events.hpp"

namespace mig {

/// Receives the events of one direction of one connection, in stream order.
class EventSink {
 public:
  /// `event` may be copied and kept. `raw` is borrowed, valid only during the call, and is exactly the bytes
  /// of `event.range` (empty for Missing, whose bytes are not there).
  virtual void on_event(const Event& event, Bytes raw) = 0;

 protected:
  ~EventSink() = default;
};

}  // namespace mig
