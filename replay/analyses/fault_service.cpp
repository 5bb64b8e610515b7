// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>

#include "replay/analyses/faults.hpp"

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

/// The one block that is so long; no_block where several are. Where the request that named the block was not
/// captured, this still tells it.
BlockId only_block_with(const StreamTables& tables, std::uint64_t offset) {
  auto found = no_block;
  if (tables.incomplete) return found;
  for (std::size_t i = 0; i < tables.blocks().size(); ++i) {
    if (tables.blocks()[i].used_length <= offset) continue;
    if (found != no_block) return no_block;
    found = BlockId{static_cast<std::uint32_t>(i)};
  }
  return found;
}

std::uint64_t pages_in(std::uint64_t length, std::uint32_t page_size) {
  return std::max<std::uint64_t>(1, length / page_size);
}

void keep_worst(std::vector<PageService>& worst, const PageService& one) {
  const auto time = [](const PageService& s) { return *s.last_byte - s.request.time; };
  const auto at =
      std::find_if(worst.begin(), worst.end(), [&](const auto& s) { return time(s) < time(one); });
  if (at == worst.end() && worst.size() >= Faults::shown) return;
  worst.insert(at, one);
  if (worst.size() > Faults::shown) worst.pop_back();
}

}  // namespace

void FaultAnalysis::request(State& state, const Where& place, const StreamTables& tables, PageRequest r) {
  if (r.block == no_block) r.block = only_block_with(tables, r.start);
  auto& block = state.blocks[r.block];
  ++state.all.requests, ++block.requests;
  state.names.try_emplace(r.block, tables.block_name(r.block));
  if (r.block == no_block) {
    ++state.all.unplaced, ++block.unplaced;
    return;
  }
  if (const auto known = state.awaited.find({r.block, r.start}); known != state.awaited.end()) {
    ++state.all.repeated, ++block.repeated, ++known->second.service.repeated;
    return;
  }
  std::vector<Passed> behind;  // told before this request, and passed behind it
  for (const auto& page : state.passed) {
    const bool inside = page.place.first == r.block && page.place.second - r.start < r.length;
    if (inside && page.last > place.time) behind.push_back(page);
  }
  const auto pages = pages_in(r.length, tables.page_size);
  const auto there = state.sent.count(r.block, r.start / tables.page_size, pages) - behind.size();
  if (there == pages) {
    ++state.all.already_sent, ++block.already_sent;
    return;
  }
  if (state.awaited.size() >= max_awaited) {
    ++state.not_watched;
    return;
  }
  auto& range = state.awaited[{r.block, r.start}];
  range.service.start = r.start;
  range.service.length = r.length;
  range.service.request = place;
  range.pages_left = pages - there;
  for (const auto& page : behind) arrive(state, page);
}

void FaultAnalysis::page(State& state, const Seen& seen, const PageRecord& r) {
  if (r.block == no_block) state.gaps = true;
  const OpenPage page{{r.block, r.page_offset}, r.payload_size, seen.time};
  if (r.payload_size == 0) return whole(state, seen, page);
  state.open[seen.connection] = page;
}

void FaultAnalysis::more_of_page(State& state, const Seen& seen, std::uint64_t size) {
  auto& open = state.open[seen.connection];
  if (open.left == 0) return;
  open.left -= std::min(open.left, size);
  if (open.left == 0) whole(state, seen, open);
}

/// All of a page has passed.
void FaultAnalysis::whole(State& state, const Seen& seen, const OpenPage& page) {
  const auto page_size = seen.migration->tables().page_size;
  if (!state.sent.insert(page.place.first, page.place.second / page_size)) return;  // it passed before
  const Passed passed{page.place, page.first, seen.time, seen.packet, seen.channel};
  state.passed.push_back(passed);
  if (state.passed.size() > max_passed) state.passed.pop_front();
  arrive(state, passed);
}

/// Counts a page for the range that awaits it. The one that makes a range whole may be told late, too: then
/// it had passed before the request.
void FaultAnalysis::arrive(State& state, const Passed& page) {
  const auto range = holding(state.awaited, page.place);
  if (range == state.awaited.end()) return;
  auto& service = range->second.service;
  if (page.last >= service.request.time) {
    const auto first = std::max(page.first, service.request.time);
    service.first_byte = std::min(service.first_byte.value_or(first), first);
    if (!service.last_byte || page.last >= *service.last_byte) {
      service.last_byte = page.last;
      service.page_packet = page.packet;
      service.channel = page.channel;
    }
  }
  if (--range->second.pages_left != 0) return;
  if (service.last_byte) return answered(state, range);
  ++state.all.already_sent, ++state.blocks[range->first.first].already_sent;
  state.awaited.erase(range);
}

void FaultAnalysis::answered(State& state, std::map<Key, Awaited>::iterator range) {
  auto& service = range->second.service;
  const auto block = range->first.first;
  service.block = state.names[block];
  for (auto* counts : {&state.all, &state.blocks[block]}) {
    ++counts->answered;
    counts->first_byte.add(*service.first_byte - service.request.time);
    counts->last_byte.add(*service.last_byte - service.request.time);
  }
  ++state.answered_on[service.channel];
  keep_worst(state.worst, service);
  state.awaited.erase(range);
}

/// What was in flight is lost, and only whole pages of the host were kept.
void FaultAnalysis::recover(State& state, const StreamTables& tables) {
  state.sent.clear();
  state.open.clear();
  state.passed.clear();
  for (auto& [key, range] : state.awaited) {
    range.pages_left = pages_in(range.service.length, tables.page_size);
    range.service.first_byte.reset();
    range.service.last_byte.reset();
  }
}

void FaultAnalysis::event(const Seen& seen, const Event& event, Bytes) {
  if (seen.migration == nullptr) return;
  auto& state = states_[*seen.migration];
  if (seen.direction == Direction::return_path) {
    if (const auto* r = std::get_if<PageRequest>(&event.body))
      request(state, where_of(seen, event.range.begin), seen.migration->tables(), *r);
    return;
  }
  if (seen.channel == ChannelKind::multifd) return;
  const auto stage = seen.migration->ram_stage(seen.channel);
  const bool lost =
      std::holds_alternative<Missing>(event.body) || std::holds_alternative<Unparsed>(event.body);
  state.gaps = state.gaps || lost || stage == RamStage::unknown;
  if (stage != RamStage::postcopy) return;
  if (std::holds_alternative<Payload>(event.body) || std::holds_alternative<Missing>(event.body)) {
    more_of_page(state, seen, event.range.size());
  } else if (const auto* record = std::get_if<PageRecord>(&event.body)) {
    page(state, seen, *record);
  } else {
    state.open.erase(seen.connection);
    if (std::holds_alternative<RecvBitmapRequest>(event.body)) recover(state, seen.migration->tables());
  }
}

void FaultAnalysis::whole_pages(const Seen& seen, std::span<const Event> pages, Bytes raw) {
  if (seen.migration == nullptr) return;
  static_cast<void>(states_[*seen.migration]);
  if (seen.migration->ram_stage(seen.channel) != RamStage::precopy) Consumer::whole_pages(seen, pages, raw);
}

void FaultAnalysis::finished(Time) {
  states_.for_each([](State& state) {
    for (auto& [key, range] : state.awaited) {
      range.service.block = state.names[key.first];
      range.service.last_byte.reset();
      ++state.all.unanswered, ++state.blocks[key.first].unanswered;
      state.unanswered.push_back(range.service);
    }
    auto& oldest = state.unanswered;
    std::stable_sort(oldest.begin(), oldest.end(),
                     [](const auto& a, const auto& b) { return a.request.time < b.request.time; });
    if (oldest.size() > Faults::shown) oldest.resize(Faults::shown);
  });
}

}  // namespace mig::replay
