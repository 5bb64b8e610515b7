// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>

#include "replay/analyses/faults.hpp"

namespace mig::replay {
namespace {

Time last_after(const PageRange& r) { return Time(r.last_byte->ns - r.request.when.ns); }

void keep_worst(std::vector<PageRange>& worst, const PageRange& one) {
  const auto at = std::find_if(worst.begin(), worst.end(),
                               [&](const auto& r) { return last_after(r) < last_after(one); });
  if (at == worst.end() && worst.size() >= Faults::shown) return;
  worst.insert(at, one);
  if (worst.size() > Faults::shown) worst.pop_back();
}

std::uint64_t* counter(FaultCounts& counts, PageRequests::Asked asked) {
  switch (asked) {
    case PageRequests::Asked::repeated: return &counts.repeated;
    case PageRequests::Asked::already_sent: return &counts.already_sent;
    case PageRequests::Asked::unplaced: return &counts.unplaced;
    default: return nullptr;
  }
}

}  // namespace

void FaultAnalysis::request(State& state, const Seen& seen, const Event& event, const PageRequest& r) {
  const auto& tables = seen.migration->tables();

  const auto [asked, block, range] = state.requests.ask(r, place_of(seen, event), tables);
  state.names.try_emplace(block, tables.block_name(block));
  for (auto* counts : {&state.all, &state.blocks[block]}) {
    ++counts->requests;
    if (auto* more = counter(*counts, asked)) ++*more;
  }
  if (asked == PageRequests::Asked::not_watched) ++state.not_watched;
  count_answered(state);
}

void FaultAnalysis::page(State& state, const Seen& seen, const PageRecord& r) {
  if (r.block == no_block) state.gaps = true;
  const PageRequests::Passed page{r.block, r.page_offset, when_of(seen), {}, seen.channel};
  if (r.payload_size == 0) return whole(state, seen, page);
  state.open[seen.connection] = {page, r.payload_size};
}

void FaultAnalysis::more_of_page(State& state, const Seen& seen, std::uint64_t size) {
  auto& open = state.open[seen.connection];
  if (open.left == 0) return;
  open.left -= std::min(open.left, size);
  if (open.left == 0) whole(state, seen, open.page);
}

/// All of a page has passed.
void FaultAnalysis::whole(State& state, const Seen& seen, PageRequests::Passed page) {
  page.last = when_of(seen);
  state.requests.passed(page, seen.migration->tables());
  count_answered(state);
}

void FaultAnalysis::count_answered(State& state) {
  for (const auto& range : state.requests.take_answered()) {
    for (auto* counts : {&state.all, &state.blocks[range.block]}) {
      ++(range.last_byte ? counts->answered : counts->already_sent);
      if (!range.last_byte) continue;
      counts->first_byte.add(Time(range.first_byte->ns - range.request.when.ns));
      counts->last_byte.add(last_after(range));
    }
    if (!range.last_byte) continue;
    ++state.answered_on[range.channel];
    keep_worst(state.worst, range);
  }
}

void FaultAnalysis::event(const Seen& seen, const Event& event, Bytes) {
  if (seen.migration == nullptr) return;
  auto& state = states_[*seen.migration];
  if (seen.direction == Direction::return_path) {
    if (const auto* r = std::get_if<PageRequest>(&event.body)) request(state, seen, event, *r);
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
    if (!std::holds_alternative<RecvBitmapRequest>(event.body)) return;
    state.open.clear();
    state.requests.recovered(seen.migration->tables());
  }
}

void FaultAnalysis::whole_pages(const Seen& seen, std::span<const Event> pages, Bytes raw) {
  if (seen.migration == nullptr) return;
  static_cast<void>(states_[*seen.migration]);
  if (seen.migration->ram_stage(seen.channel) != RamStage::precopy) Consumer::whole_pages(seen, pages, raw);
}

void FaultAnalysis::finished(Time) {
  states_.for_each([](State& state) {
    for (const auto& [place, range] : state.requests.awaited()) {
      ++state.all.unanswered, ++state.blocks[range.block].unanswered;
      state.unanswered.push_back(range);
      state.unanswered.back().last_byte.reset();
    }
    auto& oldest = state.unanswered;
    std::stable_sort(oldest.begin(), oldest.end(),
                     [](const auto& a, const auto& b) { return a.request.when.ns < b.request.when.ns; });
    if (oldest.size() > Faults::shown) oldest.resize(Faults::shown);
  });
}

}  // namespace mig::replay
