// SPDX-License-Identifier: GPL-2.0-or-later
#include "plugin/model/call_index.hpp"

#include <algorithm>

namespace mig::plugin {

void CallIndex::add(const Call& call) {
  if (call.visit() != call.fed()) early_.emplace(call.visit(), call.fed_in);
  calls_.push_back(call);
}

CallIndex::Yield CallIndex::yield_of(Visit visit) const noexcept {
  const auto fed_before = [](const Call& c, Visit v) { return c.fed() < v; };
  const auto first = std::lower_bound(calls_.begin(), calls_.end(), visit, fed_before);
  Yield yield;
  auto last = first;
  while (last != calls_.end() && last->fed() == visit) {
    if (last->visit() == visit) yield.own = &*last;
    ++last;
  }
  if (first == last) return yield;
  yield.told = {first == calls_.begin() ? 0 : std::prev(first)->told(), std::prev(last)->told()};
  return yield;
}

std::uint32_t CallIndex::fed_later(Visit visit) const noexcept {
  const auto found = early_.find(visit);
  return found != early_.end() ? found->second : 0;
}

std::uint32_t CallIndex::frame_at(std::uint64_t offset) const noexcept {
  const auto begins_after = [](std::uint64_t at, const Call& c) { return at < c.begin; };
  const auto next = std::upper_bound(calls_.begin(), calls_.end(), offset, begins_after);
  if (next == calls_.begin()) return 0;
  const auto& call = *std::prev(next);
  return offset < call.end() ? call.frame : 0;
}

}  // namespace mig::plugin
