// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/redact/structure.hpp"

#include <numeric>

namespace mig::replay {
namespace {

bool is_unit(const EventBody& body) noexcept {
  return !std::holds_alternative<Unparsed>(body) && !std::holds_alternative<Missing>(body) &&
         !std::holds_alternative<Resynchronised>(body) && !std::holds_alternative<Confirmed>(body);
}

}  // namespace

/// Of a payload its begin counts: how it is cut into pieces depends on what is in it.
void Structure::event(const EventContext& context, const Event& event, Bytes) {
  auto& state = directions_[{context.connection, context.captured_direction()}];
  const bool payload = std::holds_alternative<Payload>(event.body);
  const bool goes_on = payload && state.payload;
  state.payload = payload;
  if (state.ended || goes_on || !is_unit(event.body)) return;
  ++state.units;
  state.add(event.body.index());
  state.add(event.range.begin);
  state.add(payload ? 0 : event.range.end);
  state.add(static_cast<std::uint64_t>(context.time.count()));
}

void Structure::closed(const EventContext& context, bool) {
  for (const auto direction : {Direction::forward, Direction::return_path})
    directions_[{context.connection, direction}].ended = true;
}

std::uint64_t Structure::units() const noexcept {
  return std::accumulate(directions_.begin(), directions_.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const auto& state) { return sum + state.second.units; });
}

}  // namespace mig::replay
