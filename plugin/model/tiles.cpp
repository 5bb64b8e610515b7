// SPDX-License-Identifier: GPL-2.0-or-later
#include "plugin/model/tiles.hpp"

#include <algorithm>
#include <limits>

namespace mig::plugin {
namespace {

constexpr auto nowhere = std::numeric_limits<std::uint64_t>::max();

/// The last of `items` that begins at or before `offset`; nullptr: none does.
template <class Items, class Begin>
const auto* last_at(const Items& items, std::uint64_t offset, Begin begin) noexcept {
  const auto behind = std::upper_bound(items.begin(), items.end(), offset,
                                       [&](std::uint64_t at, const auto& item) { return at < begin(item); });
  return behind == items.begin() ? nullptr : &*std::prev(behind);
}

}  // namespace

Tiles::Tiles(const UnitIndex& index, StreamRange stretch) noexcept
    : index_(&index), stretch_(stretch), at_(stretch.begin) {
  const auto& units = index.units();
  const auto& runs = index.runs();
  const auto told = [](const auto& item, std::uint64_t offset) { return item.event.range.end <= offset; };
  unit_ = static_cast<std::size_t>(std::lower_bound(units.begin(), units.end(), stretch.begin, told) -
                                   units.begin());
  const auto passed = [](const PageRun& run, std::uint64_t offset) {
    return run.header_end(run.count - 1) <= offset;
  };
  run_ = static_cast<std::size_t>(std::lower_bound(runs.begin(), runs.end(), stretch.begin, passed) -
                                  runs.begin());
  if (run_ < runs.size()) record_ = runs[run_].first_ending_behind(stretch.begin);
}

const Unit* Tiles::next_unit() const noexcept {
  if (unit_ >= index_->units().size()) return nullptr;
  const auto& unit = index_->units()[unit_];
  return unit.event.range.end <= stretch_.end ? &unit : nullptr;
}

const PageRun* Tiles::next_run() const noexcept {
  if (run_ >= index_->runs().size()) return nullptr;
  const auto& run = index_->runs()[run_];
  return run.header_end(record_) <= stretch_.end ? &run : nullptr;
}

std::uint64_t Tiles::next_begin() const noexcept {
  const auto* unit = next_unit();
  const auto* run = next_run();
  return std::min(unit != nullptr ? unit->event.range.begin : nowhere,
                  run != nullptr ? run->record_begin(record_) : nowhere);
}

/// Whose payload the byte at `offset` is. A gap inside a page lies in front of the page's run.
Tile Tiles::payload_at(std::uint64_t offset) const noexcept {
  const auto* unit = last_at(index_->units(), offset, [](const Unit& u) { return u.event.range.begin; });
  const auto* run = last_at(index_->runs(), offset, [](const PageRun& r) { return r.begin; });
  Tile tile;
  tile.kind = Tile::Kind::payload;
  if (run != nullptr && offset >= run->end()) run = nullptr;
  if (unit != nullptr && offset >= unit->end) unit = nullptr;
  const bool in_unit = unit != nullptr && (run == nullptr || unit->event.range.begin >= run->begin);
  tile.unit = in_unit ? unit : nullptr;
  tile.run = in_unit ? nullptr : run;
  run = tile.run;
  if (run != nullptr) {
    const auto next = run->first_ending_behind(offset);
    tile.first = next != 0 ? next - 1 : 0;
    tile.count = 1;
  }
  return tile;
}

bool Tiles::payload_until(std::uint64_t end, Tile& tile) noexcept {
  if (at_ >= end) return false;
  tile = payload_at(at_);
  tile.range = {at_, end};
  at_ = end;
  return true;
}

Tile Tiles::unit_tile() noexcept {
  Tile tile;
  tile.unit = next_unit();
  ++unit_;
  const auto header = tile.unit->event.range;
  const auto end = std::clamp(tile.unit->end, header.end, stretch_.end);
  tile.range = {header.begin, std::clamp(next_begin(), header.end, end)};
  return tile;
}

Tile Tiles::pages_tile(std::uint64_t until) noexcept {
  Tile tile;
  tile.kind = Tile::Kind::pages;
  tile.run = next_run();
  tile.first = record_;
  tile.range.begin = tile.run->record_begin(record_);
  while (record_ < tile.run->count && tile.run->header_end(record_) <= stretch_.end &&
         tile.run->record_begin(record_) < until) {
    ++record_;
  }
  tile.count = record_ - tile.first;
  if (record_ == tile.run->count) {
    ++run_;
    record_ = 0;
  }
  tile.range.end = std::clamp(next_begin(), tile.range.begin, stretch_.end);
  return tile;
}

bool Tiles::next(Tile& tile) noexcept {
  if (payload_until(std::min(next_begin(), stretch_.end), tile)) return true;
  const auto* unit = next_unit();
  const auto* run = next_run();
  if (unit == nullptr && run == nullptr) return false;
  const bool unit_first =
      run == nullptr || (unit != nullptr && unit->event.range.begin <= run->record_begin(record_));
  tile = unit_first ? unit_tile() : pages_tile(unit != nullptr ? unit->event.range.begin : nowhere);
  at_ = std::max(at_, tile.range.end);
  return true;
}

}  // namespace mig::plugin
