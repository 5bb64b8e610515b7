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

void FaultAnalysis::request(State& state, const EventContext& context, const Event& event,
                            const PageRequest& r) {
  const auto& tables = context.migration->tables();

  const auto [asked, block, range] = state.requests.ask(r, place_of(context, event), tables);
  state.names.try_emplace(block, tables.block_name(block));
  for (auto* counts : {&state.all, &state.blocks[block]}) {
    ++counts->requests;
    if (auto* more = counter(*counts, asked)) ++*more;
  }
  if (asked == PageRequests::Asked::not_watched) ++state.not_watched;
  count_answered(state);
}

void FaultAnalysis::page(State& state, const EventContext& context, const PageRecord& r) {
  if (r.block == no_block) state.gaps = true;
  const PageRequests::Passed page{r.block, r.page_offset, when_of(context), {}, context.channel};
  if (r.payload_size == 0) return whole(state, context, page);
  state.open[context.connection] = {page, r.payload_size};
}

void FaultAnalysis::more_of_page(State& state, const EventContext& context, std::uint64_t size) {
  auto& open = state.open[context.connection];
  if (open.left == 0) return;
  open.left -= std::min(open.left, size);
  if (open.left == 0) whole(state, context, open.page);
}

/// All of a page has passed.
void FaultAnalysis::whole(State& state, const EventContext& context, PageRequests::Passed page) {
  page.last = when_of(context);
  state.requests.passed(page, context.migration->tables());
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

void FaultAnalysis::event(const EventContext& context, const Event& event, Bytes) {
  if (context.migration == nullptr) return;
  auto& state = states_[*context.migration];
  if (context.direction == Direction::return_path) {
    if (const auto* r = std::get_if<PageRequest>(&event.body)) request(state, context, event, *r);
    return;
  }
  if (context.channel == ChannelKind::multifd) return;
  const auto stage = context.migration->ram_stage(context.channel);
  const bool lost =
      std::holds_alternative<Missing>(event.body) || std::holds_alternative<Unparsed>(event.body);
  state.gaps = state.gaps || lost || stage == RamStage::unknown;
  if (stage != RamStage::postcopy) return;
  if (std::holds_alternative<Payload>(event.body) || std::holds_alternative<Missing>(event.body)) {
    more_of_page(state, context, event.range.size());
  } else if (const auto* record = std::get_if<PageRecord>(&event.body)) {
    page(state, context, *record);
  } else {
    state.open.erase(context.connection);
    if (!std::holds_alternative<RecvBitmapRequest>(event.body)) return;
    state.open.clear();
    state.requests.recovered(context.migration->tables());
  }
}

void FaultAnalysis::whole_pages(const EventContext& context, std::span<const Event> pages, Bytes raw) {
  if (context.migration == nullptr) return;
  static_cast<void>(states_[*context.migration]);
  if (context.migration->ram_stage(context.channel) != RamStage::precopy)
    Consumer::whole_pages(context, pages, raw);
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
