// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include "replay/capture_decoder.hpp"

namespace mig::replay {

/// Where something stands: on the clock, in the capture, in the stream.
struct Where {
  Time time{};
  std::uint64_t packet = 0;
  ConnectionId connection{};
  ChannelKind channel = ChannelKind::unknown;
  Direction direction = Direction::forward;
  std::uint64_t offset = 0;
};

[[nodiscard]] inline Where where_of(const EventContext& context, std::uint64_t offset) {
  return {context.time, context.packet, context.connection, context.channel, context.direction, offset};
}

}  // namespace mig::replay
