// SPDX-License-Identifier: GPL-2.0-or-later
#include "plugin/model/feed_index.hpp"

#include <algorithm>

namespace mig::plugin {

void FeedIndex::add(const Feed& feed) {
  if (feed.visit() != feed.fed()) early_.emplace(feed.visit(), feed.fed_in);
  feeds_.push_back(feed);
}

FeedIndex::NewEvents FeedIndex::new_events_of(Visit visit) const noexcept {
  const auto fed_before = [](const Feed& c, Visit v) { return c.fed() < v; };
  const auto first = std::lower_bound(feeds_.begin(), feeds_.end(), visit, fed_before);
  NewEvents new_events;
  auto last = first;
  while (last != feeds_.end() && last->fed() == visit) {
    if (last->visit() == visit) new_events.own = &*last;
    ++last;
  }
  if (first == last) return new_events;
  new_events.emitted = {first == feeds_.begin() ? 0 : std::prev(first)->emitted(),
                        std::prev(last)->emitted()};
  return new_events;
}

std::uint32_t FeedIndex::fed_later(Visit visit) const noexcept {
  const auto found = early_.find(visit);
  return found != early_.end() ? found->second : 0;
}

std::uint32_t FeedIndex::frame_at(std::uint64_t offset) const noexcept {
  const auto begins_after = [](std::uint64_t at, const Feed& c) { return at < c.begin; };
  const auto next = std::upper_bound(feeds_.begin(), feeds_.end(), offset, begins_after);
  if (next == feeds_.begin()) return 0;
  const auto& feed = *std::prev(next);
  return offset < feed.end() ? feed.frame : 0;
}

}  // namespace mig::plugin
