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
void Structure::event(const Seen& seen, const Event& event, Bytes) {
  auto& way = ways_[{seen.connection, seen.way()}];
  const bool payload = std::holds_alternative<Payload>(event.body);
  const bool goes_on = payload && way.payload;
  way.payload = payload;
  if (way.ended || goes_on || !is_unit(event.body)) return;
  ++way.units;
  way.add(event.body.index());
  way.add(event.range.begin);
  way.add(payload ? 0 : event.range.end);
  way.add(static_cast<std::uint64_t>(seen.time.count()));
}

void Structure::closed(const Seen& seen, bool) {
  for (const auto direction : {Direction::forward, Direction::return_path})
    ways_[{seen.connection, direction}].ended = true;
}

std::uint64_t Structure::units() const noexcept {
  return std::accumulate(ways_.begin(), ways_.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const auto& way) { return sum + way.second.units; });
}

}  // namespace mig::replay
