// SPDX-License-Identifier: GPL-2.0-or-later
#include "plugin/model/slices.hpp"

#include <algorithm>
#include <limits>

namespace mig::plugin {
namespace {

constexpr auto nowhere = std::numeric_limits<std::uint64_t>::max();

/// The unit that has the byte at `offset`, in its header or its payload; nullptr: none has. Gaps may lie in a
/// payload.
const Unit* unit_at(const std::deque<Unit>& units, std::uint64_t offset) noexcept {
  auto next = std::upper_bound(units.begin(), units.end(), offset,
                               [](std::uint64_t at, const Unit& u) { return at < u.event.range.begin; });
  while (next != units.begin()) {
    --next;
    if (offset < next->end) return &*next;
    if (!std::holds_alternative<Missing>(next->event.body)) break;
  }
  return nullptr;
}
const RecordRun* run_at(const std::deque<RecordRun>& runs, std::uint64_t offset) noexcept {
  const auto next = std::upper_bound(runs.begin(), runs.end(), offset,
                                     [](std::uint64_t at, const RecordRun& r) { return at < r.begin; });
  if (next == runs.begin() || offset >= std::prev(next)->end()) return nullptr;
  return &*std::prev(next);
}

}  // namespace

Slices::Slices(const UnitIndex& index, StreamRange stretch) noexcept
    : index_(&index), stretch_(stretch), at_(stretch.begin) {
  const auto& units = index.units();
  const auto& runs = index.runs();
  const auto emitted = [](const Unit& unit, std::uint64_t offset) { return unit.emitted <= offset; };
  unit_ = static_cast<std::size_t>(std::lower_bound(units.begin(), units.end(), stretch.begin, emitted) -
                                   units.begin());
  const auto passed = [](const RecordRun& run, std::uint64_t offset) {
    return run.header_end(run.count - 1) <= offset;
  };
  run_ = static_cast<std::size_t>(std::lower_bound(runs.begin(), runs.end(), stretch.begin, passed) -
                                  runs.begin());
  if (run_ < runs.size()) record_ = runs[run_].first_ending_behind(stretch.begin);
}

const Unit* Slices::next_unit() const noexcept {
  if (unit_ >= index_->units().size()) return nullptr;
  const auto& unit = index_->units()[unit_];
  return unit.emitted <= stretch_.end ? &unit : nullptr;
}

const RecordRun* Slices::next_run() const noexcept {
  if (run_ >= index_->runs().size()) return nullptr;
  const auto& run = index_->runs()[run_];
  return run.header_end(record_) <= stretch_.end ? &run : nullptr;
}

std::uint64_t Slices::next_begin() const noexcept {
  const auto* unit = next_unit();
  const auto* run = next_run();
  return std::min(unit != nullptr ? unit->event.range.begin : nowhere,
                  run != nullptr ? run->record_begin(record_) : nowhere);
}

/// A gap inside a page lies in front of the page's run.
Slice Slices::payload_at(const UnitIndex& index, std::uint64_t offset) noexcept {
  const auto* unit = unit_at(index.units(), offset);
  const auto* run = run_at(index.runs(), offset);
  Slice slice;
  slice.kind = Slice::Kind::payload;
  const bool in_unit = unit != nullptr && (run == nullptr || unit->event.range.begin >= run->begin);
  slice.unit = in_unit ? unit : nullptr;
  slice.run = in_unit ? nullptr : run;
  run = slice.run;
  if (run != nullptr) {
    const auto next = run->first_ending_behind(offset);
    slice.first = next != 0 ? next - 1 : 0;
    slice.count = 1;
  }
  return slice;
}

bool Slices::payload_until(std::uint64_t end, Slice& slice) noexcept {
  if (at_ >= end) return false;
  slice = payload_at(*index_, at_);
  slice.range = {at_, end};
  at_ = end;
  return true;
}

Slice Slices::unit_slice() noexcept {
  Slice slice;
  slice.unit = next_unit();
  ++unit_;
  const auto header = slice.unit->event.range;
  const auto end = std::clamp(slice.unit->end, header.end, stretch_.end);
  slice.range = {header.begin, std::clamp(next_begin(), header.end, end)};
  return slice;
}

Slice Slices::pages_slice(std::uint64_t until) noexcept {
  Slice slice;
  slice.kind = Slice::Kind::pages;
  slice.run = next_run();
  slice.first = record_;
  slice.range.begin = slice.run->record_begin(record_);
  while (record_ < slice.run->count && slice.run->header_end(record_) <= stretch_.end &&
         slice.run->record_begin(record_) < until) {
    ++record_;
  }
  slice.count = record_ - slice.first;
  if (record_ == slice.run->count) {
    ++run_;
    record_ = 0;
  }
  slice.range.end = std::clamp(next_begin(), slice.range.begin, stretch_.end);
  return slice;
}

bool Slices::next(Slice& slice) noexcept {
  if (payload_until(std::min(next_begin(), stretch_.end), slice)) return true;
  const auto* unit = next_unit();
  const auto* run = next_run();
  if (unit == nullptr && run == nullptr) return false;
  const bool unit_first =
      run == nullptr || (unit != nullptr && unit->event.range.begin <= run->record_begin(record_));
  slice = unit_first ? unit_slice() : pages_slice(unit != nullptr ? unit->event.range.begin : nowhere);
  at_ = std::max(at_, slice.range.end);
  return true;
}

}  // namespace mig::plugin
