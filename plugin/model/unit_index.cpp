// SPDX-License-Identifier: GPL-2.0-or-later
#include "plugin/model/unit_index.hpp"

#include <algorithm>
#include <tuple>

#include "mig/wire.hpp"

namespace mig::plugin {
namespace {

RecordRun run_of(const Event& event) noexcept {
  RecordRun run;
  run.begin = event.range.begin;
  run.count = 1;
  run.first_header = static_cast<std::uint16_t>(event.range.size());
  if (const auto* page = std::get_if<PageRecord>(&event.body)) {
    run.page_offset = page->page_offset;
    run.payload_size = page->payload_size;
    run.block = page->block;
    run.flags = page->flags;
    run.encoding = page->encoding;
    run.fill = page->fill;
  } else if (const auto* offset = std::get_if<MultifdPage>(&event.body)) {
    run.page_offset = offset->page_offset;
    run.block = offset->block;
    run.encoding = offset->zero ? PageEncoding::zero : PageEncoding::plain;
    run.multifd = true;
  }
  return run;
}

/// A place that was found again belongs to the bytes behind it, every other unit to its own.
std::uint64_t told_at(const Event& event) noexcept {
  return event.range.end + (std::holds_alternative<Resynchronised>(event.body) ? 1 : 0);
}

bool names_block(const RecordRun& run) noexcept { return (run.flags & wire::ram_continue) == 0; }

}  // namespace

std::uint32_t RecordRun::first_ending_behind(std::uint64_t offset) const noexcept {
  if (header_end(0) > offset) return 0;
  if (count == 1) return 1;
  if (header_end(1) > offset) return 1;
  const auto passed = (offset - header_end(1)) / size() + 1;
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(1 + passed, count));
}

Event RecordRun::event(std::uint32_t i) const noexcept {
  const StreamRange range{record_begin(i), header_end(i)};
  if (multifd) return {range, MultifdPage{block, encoding == PageEncoding::zero, page(i)}};
  PageRecord record;
  record.block = block;
  record.payload_size = payload_size;
  record.page_offset = page(i);
  record.flags = i == 0 ? flags : static_cast<std::uint16_t>(flags | wire::ram_continue);
  record.encoding = encoding;
  record.fill = fill;
  record.names_block = i == 0 && names_block(*this);
  return {range, record};
}

/// Makes `next` the next record of the last run, if it is just that.
bool UnitIndex::extend(const RecordRun& next) {
  if (!run_is_last_ || (!next.multifd && names_block(next))) return false;
  auto& run = runs_.back();
  const auto kind = [](const RecordRun& r) {
    return std::tuple(r.block, r.payload_size, r.encoding, r.fill, r.again, r.multifd, r.iteration,
                      r.page_bits, r.flags | wire::ram_continue);
  };
  const bool follows = next.begin == run.end() && next.page_offset == run.page(run.count);
  if (!follows || kind(next) != kind(run) || run.count == UINT32_MAX) return false;
  if (run.count == 1) run.header = static_cast<std::uint8_t>(next.first_header);
  if (next.first_header != run.header) return false;
  ++run.count;
  return true;
}

void UnitIndex::add_page(const Event& event, const PageNote& note) {
  auto run = run_of(event);
  run.page_bits = note.page_bits;
  run.iteration = note.iteration;
  run.again = note.again;
  if (!extend(run)) runs_.push_back(run);
  run_is_last_ = true;
}

Unit& UnitIndex::add(const Event& event) {
  const auto* unparsed = std::get_if<Unparsed>(&event.body);
  run_is_last_ = false;
  if (unparsed != nullptr && !units_.empty() && units_.back().end == event.range.begin) {
    const auto* before = std::get_if<Unparsed>(&units_.back().event.body);
    if (before != nullptr && before->cause == unparsed->cause) {
      units_.back().end = event.range.end;
      return units_.back();
    }
  }
  if (!std::holds_alternative<Missing>(event.body)) owner_ = units_.size();
  units_.push_back({event, event.range.end, told_at(event), no_exchange, no_blob});
  if (units_.size() > 1)
    units_.back().emitted = std::max(units_.back().emitted, units_[units_.size() - 2].emitted);
  return units_.back();
}

void UnitIndex::add_payload(const Event& event) {
  const auto kind = std::get<Payload>(event.body).kind;
  if (kind == PayloadKind::page || units_.empty()) return;  // a run knows where its pages end
  units_[owner_].end = event.range.end;
}

}  // namespace mig::plugin
