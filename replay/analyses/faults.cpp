// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/analyses/faults.hpp"

#include <algorithm>

namespace mig::replay {
namespace {

/// The awaited range that holds a place; end() if there is none.
template <class Ranges>
auto holding(Ranges& ranges, const typename Ranges::key_type& place) {
  auto next = ranges.upper_bound(place);
  if (next == ranges.begin()) return ranges.end();
  const auto range = std::prev(next);
  const bool inside =
      range->first.first == place.first && place.second - range->first.second < range->second.service.length;
  return inside ? range : ranges.end();
}

std::uint64_t pages_in(std::uint64_t length, std::uint32_t page_size) {
  return std::max<std::uint64_t>(1, length / page_size);
}

void keep_worst(std::vector<PageService>& worst, const PageService& one) {
  const auto time = [](const PageService& s) { return *s.last_byte - s.requested; };
  const auto at =
      std::find_if(worst.begin(), worst.end(), [&](const auto& s) { return time(s) < time(one); });
  if (at == worst.end() && worst.size() >= Faults::shown) return;
  worst.insert(at, one);
  if (worst.size() > Faults::shown) worst.pop_back();
}

}  // namespace

void FaultCollector::request(State& state, const Seen& seen, const PageRequest& r) {
  auto& faults = state.faults;
  const auto& tables = seen.migration->tables();
  auto& block = faults.blocks[r.block];
  ++faults.all.requests, ++block.requests;
  faults.names.try_emplace(r.block, tables.block_name(r.block));
  if (const auto known = state.awaited.find({r.block, r.start}); known != state.awaited.end()) {
    ++faults.all.repeated, ++block.repeated, ++known->second.service.repeated;
    return;
  }
  const auto pages = pages_in(r.length, tables.page_size);
  const auto there = state.sent.count(r.block, r.start / tables.page_size, pages);
  if (there == pages) {
    ++faults.all.already_sent, ++block.already_sent;
    return;
  }
  if (state.awaited.size() >= max_awaited) {
    ++faults.not_watched;
    return;
  }
  auto& range = state.awaited[{r.block, r.start}];
  range.service.start = r.start;
  range.service.length = r.length;
  range.service.requested = seen.time;
  range.service.request_packet = seen.packet;
  range.pages_left = pages - there;
  for (const auto& [connection, open] : state.open) {
    const bool inside = open.place.first == r.block && open.place.second - r.start < r.length;
    if (open.left != 0 && inside) range.service.first_byte = seen.time;
  }
}

void FaultCollector::page(State& state, const Seen& seen, const PageRecord& r) {
  const Key place{r.block, r.page_offset};
  const auto range = holding(state.awaited, place);
  if (range != state.awaited.end() && !range->second.service.first_byte)
    range->second.service.first_byte = seen.time;
  if (r.payload_size == 0) return whole(state, seen, place);
  state.open[seen.connection] = {place, r.payload_size};
}

void FaultCollector::more_of_page(State& state, const Seen& seen, std::uint64_t size) {
  auto& open = state.open[seen.connection];
  if (open.left == 0) return;
  open.left -= std::min(open.left, size);
  if (open.left == 0) whole(state, seen, open.place);
}

/// All of a page has passed.
void FaultCollector::whole(State& state, const Seen& seen, const Key& place) {
  const auto page_size = seen.migration->tables().page_size;
  const bool fresh = state.sent.insert(place.first, place.second / page_size);
  const auto range = holding(state.awaited, place);
  if (!fresh || range == state.awaited.end()) return;
  auto& service = range->second.service;
  if (--range->second.pages_left != 0) return;
  service.last_byte = std::max(seen.time, service.requested);
  service.first_byte = std::max(service.first_byte.value_or(service.requested), service.requested);
  service.page_packet = seen.packet;
  service.channel = seen.channel;
  answered(state, range);
}

void FaultCollector::answered(State& state, std::map<Key, Awaited>::iterator range) {
  auto& faults = state.faults;
  auto& service = range->second.service;
  const auto block = range->first.first;
  service.block = faults.names[block];
  for (auto* counts : {&faults.all, &faults.blocks[block]}) {
    ++counts->answered;
    counts->first_byte.add(*service.first_byte - service.requested);
    counts->last_byte.add(*service.last_byte - service.requested);
  }
  ++faults.answered_on[service.channel];
  keep_worst(faults.worst, service);
  state.awaited.erase(range);
}

/// What was in flight is lost, and only whole pages of the host were kept.
void FaultCollector::recover(State& state, const StreamTables& tables) {
  state.sent.clear();
  state.open.clear();
  for (auto& [key, range] : state.awaited) {
    range.pages_left = pages_in(range.service.length, tables.page_size);
    range.service.first_byte.reset();
  }
}

void FaultCollector::event(const Seen& seen, const Event& event, Bytes raw) {
  if (seen.migration == nullptr) return;
  auto& state = states_[*seen.migration];
  state.faults.migration = seen.migration;
  if (seen.direction == Direction::return_path) {
    if (const auto* r = std::get_if<PageRequest>(&event.body)) request(state, seen, *r);
    return;
  }
  const bool postcopy = seen.migration->tables().listening || state.faults.all.requests != 0;
  if (!postcopy || seen.channel == ChannelKind::multifd) return;
  if (std::holds_alternative<Payload>(event.body)) {
    more_of_page(state, seen, raw.size());
  } else if (const auto* record = std::get_if<PageRecord>(&event.body)) {
    page(state, seen, *record);
  } else if (std::holds_alternative<Missing>(event.body)) {
    state.faults.missing += event.range.size();
    more_of_page(state, seen, event.range.size());
  } else {
    state.open.erase(seen.connection);
    if (std::holds_alternative<RecvBitmapRequest>(event.body)) recover(state, seen.migration->tables());
  }
}

void FaultCollector::finished(Time) {
  for (auto& state : states_.all()) {
    auto& faults = state.faults;
    for (auto& [key, range] : state.awaited) {
      range.service.block = faults.names[key.first];
      ++faults.all.unanswered, ++faults.blocks[key.first].unanswered;
      faults.unanswered.push_back(range.service);
    }
    std::stable_sort(faults.unanswered.begin(), faults.unanswered.end(),
                     [](const auto& a, const auto& b) { return a.requested < b.requested; });
    if (faults.unanswered.size() > Faults::shown) faults.unanswered.resize(Faults::shown);
  }
}

std::vector<const Faults*> FaultCollector::migrations() const {
  std::vector<const Faults*> out;
  for (const auto& state : states_.all()) {
    if (state.faults.migration != nullptr) out.push_back(&state.faults);
  }
  return out;
}

}  // namespace mig::replay
