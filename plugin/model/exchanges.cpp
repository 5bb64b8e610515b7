// SPDX-License-Identifier: GPL-2.0-or-later
#include "plugin/model/exchanges.hpp"

#include <algorithm>

namespace mig::plugin {
namespace {
constexpr std::size_t max_open = 256;  // a destination answers at once; what is older will not be answered
}

std::uint32_t Exchanges::ask(Exchange::Kind kind, std::uint64_t key, Moment when) {
  Exchange exchange;
  exchange.kind = kind;
  exchange.request = when;
  const auto number = static_cast<std::uint32_t>(all_.size());
  all_.push_back(exchange);
  if (open_.size() == max_open) open_.pop_front();
  open_.push_back({kind, key, number});
  return number;
}

std::optional<std::uint32_t> Exchanges::answer(Exchange::Kind kind, std::uint64_t key, Moment when) {
  const auto found =
      std::find_if(open_.begin(), open_.end(), [&](const Open& o) { return o.kind == kind && o.key == key; });
  if (found == open_.end()) return std::nullopt;
  const auto number = found->number;
  open_.erase(found);
  all_[number].response = when;
  return number;
}

std::uint32_t Exchanges::ask_pages(BlockId block, std::uint64_t first, std::uint64_t count,
                                   const PageSet& sent, Moment when) {
  Exchange exchange;
  exchange.kind = Exchange::Kind::pages;
  exchange.request = when;
  exchange.count = static_cast<std::uint32_t>(std::min<std::uint64_t>(count, 0xffffffff));
  exchange.sent_before = sent.has(block, first);
  const auto number = static_cast<std::uint32_t>(all_.size());
  auto& awaited = awaited_[{block, first}];
  if (awaited.end != 0) exchange.same = awaited.number;
  awaited = {first + std::max<std::uint64_t>(count, 1), number};
  all_.push_back(exchange);
  return number;
}

std::optional<std::uint32_t> Exchanges::page(BlockId block, std::uint64_t page, Moment when) {
  if (awaited_.empty()) return std::nullopt;
  auto behind = awaited_.upper_bound({block, page});
  if (behind == awaited_.begin()) return std::nullopt;
  const auto found = std::prev(behind);
  if (found->first.first != block || page >= found->second.end) return std::nullopt;
  const auto number = found->second.number;
  if (all_[number].count > 1) {
    --all_[number].count;
    return std::nullopt;
  }
  for (auto n = number; n != no_exchange; n = all_[n].same) all_[n].response = when;
  awaited_.erase(found);
  return number;
}

}  // namespace mig::plugin
