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

void FaultAnalysis::count_request(State& state, const PageRequests::Request& request,
                                  const StreamTables& tables) {
  state.names.try_emplace(request.block, tables.block_name(request.block));
  for (auto* counts : {&state.all, &state.blocks[request.block]}) {
    ++counts->requests;
    if (auto* more = counter(*counts, request.asked)) ++*more;
  }
  if (request.asked == PageRequests::Asked::not_watched) ++state.not_watched;
}

void FaultAnalysis::count_answered(State& state) {
  for (const auto& range : state.service.take_answered()) {
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
  const auto& tables = context.migration->tables();
  const auto stage = context.migration->ram_stage(context.channel);
  if (context.direction == Direction::forward && context.channel != ChannelKind::multifd) {
    const auto* page = std::get_if<PageRecord>(&event.body);
    const bool unnamed = page != nullptr && page->block == no_block && stage == RamStage::postcopy;
    const bool lost =
        std::holds_alternative<Missing>(event.body) || std::holds_alternative<Unparsed>(event.body);
    state.gaps = state.gaps || lost || unnamed || stage == RamStage::unknown;
  }
  const auto asked = state.service.event(place_of(context, event), context.direction, stage, event, tables);
  if (asked) count_request(state, *asked, tables);
  count_answered(state);
}

void FaultAnalysis::whole_pages(const EventContext& context, std::span<const Event> pages, Bytes raw) {
  if (context.migration == nullptr) return;
  static_cast<void>(states_[*context.migration]);
  if (context.migration->ram_stage(context.channel) != RamStage::precopy)
    Consumer::whole_pages(context, pages, raw);
}

void FaultAnalysis::finished(Time) {
  states_.for_each([](State& state) {
    for (const auto& [place, range] : state.service.awaited()) {
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
