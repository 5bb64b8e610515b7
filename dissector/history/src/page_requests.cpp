// SPDX-License-Identifier: GPL-2.0-or-later
#include "mig/history/page_requests.hpp"

#include <algorithm>
#include <bit>

#include "mig/stream_tables.hpp"

namespace mig {
namespace {

/// The one block that is longer than `offset`; no_block if several are. If the request that named the block
/// was not captured, this still identifies it.
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

}  // namespace

PageRequests::Request PageRequests::ask(const PageRequest& r, const Place& at, const StreamTables& tables,
                                        std::uint32_t number) {
  const auto block = r.block != no_block ? r.block : only_block_with(tables, r.start);
  if (block == no_block) return {Asked::unplaced, block, nullptr};
  if (const auto known = awaited_.find({block, r.start}); known != awaited_.end()) {
    ++known->second.repeated;
    return {Asked::repeated, block, &known->second};
  }
  std::vector<Passed> behind;  // seen before this request, and passed behind it
  for (const auto& page : passed_) {
    const bool inside = page.block == block && page.offset - r.start < r.length;
    if (inside && page.last.ns > at.when.ns) behind.push_back(page);
  }
  const auto pages = pages_in(r.length, tables.page_size);
  const auto there = sent_.count(block, r.start / tables.page_size, pages) - behind.size();
  if (there == pages) return {Asked::already_sent, block, nullptr};
  if (awaited_.size() >= max_awaited) return {Asked::not_watched, block, nullptr};
  auto& range = awaited_[{block, r.start}];
  range.block = block;
  range.start = r.start;
  range.length = r.length;
  range.request = at;
  range.number = number;
  range.pages_left = pages - there;
  for (const auto& page : behind) arrive(page);
  const auto left = awaited_.find({block, r.start});
  return {Asked::awaited, block, left != awaited_.end() ? &left->second : nullptr};
}

void PageRequests::passed(const Passed& page, const StreamTables& tables) {
  if (!sent_.insert(page.block, page.offset >> std::countr_zero(tables.page_size)))
    return;  // it passed before
  passed_.push_back(page);
  if (passed_.size() > max_passed) passed_.pop_front();
  arrive(page);
}

/// Counts a page for the range that awaits it. The one that makes a range whole may be seen late, too: then
/// it had passed before the request.
void PageRequests::arrive(const Passed& page) {
  auto next = awaited_.upper_bound({page.block, page.offset});
  if (next == awaited_.begin()) return;
  const auto found = std::prev(next);
  auto& range = found->second;
  if (range.block != page.block || page.offset - range.start >= range.length) return;
  if (page.last.ns >= range.request.when.ns) {
    const auto& first = page.first.ns >= range.request.when.ns ? page.first : range.request.when;
    if (!range.first_byte || first.ns < range.first_byte->ns) range.first_byte = first;
    if (!range.last_byte || page.last.ns >= range.last_byte->ns) {
      range.last_byte = page.last;
      range.channel = page.channel;
    }
  }
  if (--range.pages_left != 0) return;
  answered_.push_back(range);
  awaited_.erase(found);
}

void PageRequests::recovered(const StreamTables& tables) {
  sent_.clear();
  passed_.clear();
  for (auto& [place, range] : awaited_) {
    range.pages_left = pages_in(range.length, tables.page_size);
    range.first_byte.reset();
    range.last_byte.reset();
  }
}

}  // namespace mig
