// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/analyses/ram.hpp"

#include <algorithm>
#include <bit>

namespace mig::replay {
namespace {

constexpr std::size_t max_heats = 256;       // blocks with a heat map, for streams that name thousands
constexpr std::size_t max_cells = 1U << 17;  // blocks over all passes
constexpr double least_seconds = 1e-4;       // a shorter pass says nothing of speed

void add(PageCounts& counts, bool zero, bool resent) {
  ++(zero ? counts.zero_pages : counts.pages);
  if (resent) ++counts.resent;
}

std::uint64_t bits(Bytes raw) {
  std::uint64_t n = 0;
  for (const auto byte : raw) n += static_cast<unsigned>(std::popcount(std::to_integer<unsigned>(byte)));
  return n;
}

bool is_ram(const SectionHeader& header, const StreamTables& tables) {
  return tables.name(header.idstr) == "ram";
}

}  // namespace

std::optional<double> Ram::throughput(const RamPass& pass) {
  if (pass.seconds() < least_seconds) return std::nullopt;
  return static_cast<double>(pass.bytes) / pass.seconds();
}

std::optional<double> Ram::dirty_rate(std::size_t i) const {
  if (i + 1 >= passes.size() || unlisted != 0) return std::nullopt;
  const auto time = std::chrono::duration<double>(passes[i + 1].start - passes[i].start).count();
  if (time < least_seconds) return std::nullopt;
  return static_cast<double>(passes[i + 1].counts.resent) * migration->tables().page_size / time;
}

RamBlockUse& RamCollector::block(State& state, const StreamTables& tables, BlockId id) {
  auto& use = state.ram.blocks[id];
  if (const auto* known = tables.block(id); known != nullptr && use.name.empty()) {
    use.name = tables.block_name(id);
    use.used_length = known->used_length;
    use.page_size = known->page_size;
  }
  return use;
}

/// A new pass behind the last; beyond the limit the last one stands for those that follow.
std::size_t RamCollector::begin_pass(State& state, Time time) {
  auto& passes = state.ram.passes;
  if (passes.size() >= Ram::max_passes) {
    ++state.ram.folded_passes;
    return passes.size() - 1;
  }
  passes.emplace_back();
  passes.back().start = time;
  passes.back().stopped = state.in_end;
  return passes.size() - 1;
}

/// The pass that a record belongs to.
std::size_t RamCollector::pass_of(State& state, const Seen& seen, const Record& r, bool resent) {
  auto& way = state.ways[seen.connection];
  const bool back =
      way.block != no_block && (r.block < way.block || (r.block == way.block && r.offset <= way.offset));
  way.block = r.block;
  way.offset = r.offset;
  way.back = (way.back || back) && !state.in_end;
  const auto count = state.ram.passes.size();
  const bool anew = way.back && resent;
  if (anew) way.back = false;
  if (count == 0 || state.end_began || (anew && way.pass + 1 == count)) {
    way.pass = begin_pass(state, seen.time);
  } else if (anew || state.in_end) {
    way.pass = count - 1;  // another channel was there first
  }
  state.end_began = false;
  return way.pass;
}

void RamCollector::record(State& state, const Seen& seen, const Record& r) {
  const auto& tables = seen.migration->tables();
  const auto page = r.offset / tables.page_size;
  auto& use = block(state, tables, r.block);
  auto& ram = state.ram;
  const auto stage = seen.migration->ram_stage(seen.channel);
  if (stage == RamStage::postcopy) {
    if (!ram.postcopy) ram.postcopy.emplace().start = seen.time;
    auto& pass = *ram.postcopy;
    const bool resent = !state.sent_in_postcopy.insert(r.block, page);
    add(pass.counts, r.zero, resent);
    add(pass.blocks[r.block], r.zero, resent);
    add(use.postcopy, r.zero, resent);
    pass.end = seen.time;
    return;
  }
  const bool resent = !state.sent.insert(r.block, page);
  auto& into = ram.passes[pass_of(state, seen, r, resent)];
  into.may_be_postcopy = into.may_be_postcopy || stage == RamStage::unknown;
  add(into.counts, r.zero, resent);
  if (state.cells < max_cells || into.blocks.contains(r.block)) {
    const auto before = into.blocks.size();
    add(into.blocks[r.block], r.zero, resent);
    state.cells += into.blocks.size() - before;
  }
  add(use.precopy, r.zero, resent);
  into.end = seen.time;
  if (!resent) return;
  if (!use.resent && static_cast<std::uint32_t>(r.block) < max_heats)
    use.resent.emplace(use.used_length, tables.page_size);
  if (use.resent) use.resent->add(r.offset);
}

/// Counted into the pass that is open.
void RamCollector::counted(State& state, const Seen& seen, const PagesCounted& counts) {
  auto& ram = state.ram;
  ram.unlisted += counts.pages + counts.zero_pages;
  RamPass* into = nullptr;
  if (seen.migration->ram_stage(seen.channel) == RamStage::postcopy) {
    if (!ram.postcopy) ram.postcopy.emplace().start = seen.time;
    into = &*ram.postcopy;
  } else {
    auto& way = state.ways[seen.connection];
    if (ram.passes.empty() || state.end_began) begin_pass(state, seen.time);
    state.end_began = false;
    way.pass = ram.passes.size() - 1;
    into = &ram.passes.back();
  }
  into->counts.pages += counts.pages;
  into->counts.zero_pages += counts.zero_pages;
  into->end = std::max(into->end, seen.time);
}

void RamCollector::event(const Seen& seen, const Event& event, Bytes raw) {
  if (seen.migration == nullptr || seen.direction != Direction::forward) return;
  auto& state = states_[*seen.migration];
  auto& ram = state.ram;
  ram.migration = seen.migration;
  bool of_page = false;
  if (const auto* payload = std::get_if<Payload>(&event.body)) {
    of_page = payload->kind == PayloadKind::page || payload->kind == PayloadKind::multifd_data;
    if (payload->kind == PayloadKind::mapped_ram_bitmap) ram.mapped_pages += bits(raw);
  } else if (const auto* page = std::get_if<PageRecord>(&event.body)) {
    of_page = true;
    record(state, seen, {page->block, page->page_offset, page->encoding == PageEncoding::zero});
  } else if (const auto* multifd = std::get_if<MultifdPage>(&event.body)) {
    of_page = true;
    record(state, seen, {multifd->block, multifd->page_offset, multifd->zero});
  } else if (const auto* run = std::get_if<PagesCounted>(&event.body)) {
    of_page = true;
    counted(state, seen, *run);
  } else if (const auto* header = std::get_if<SectionHeader>(&event.body)) {
    if (!is_ram(*header, seen.migration->tables())) return;
    state.in_end = state.end_began = header->type == SectionType::end;
  } else if (const auto* entry = std::get_if<RamBlockEntry>(&event.body)) {
    block(state, seen.migration->tables(), entry->block);
  } else if (const auto* discard = std::get_if<RamDiscard>(&event.body)) {
    state.discarding = discard->block;
  } else if (const auto* range = std::get_if<DiscardRange>(&event.body)) {
    block(state, seen.migration->tables(), state.discarding).discarded += range->length;
  }
  // What could not be read, or was not captured, was on the wire too.
  of_page = of_page || std::holds_alternative<MultifdPacket>(event.body) ||
            std::holds_alternative<Missing>(event.body) || std::holds_alternative<Unparsed>(event.body);
  if (!of_page) return;
  auto* into = ram.postcopy         ? &*ram.postcopy
               : ram.passes.empty() ? nullptr
                                    : &ram.passes[state.ways[seen.connection].pass];
  if (into == nullptr) return;
  into->bytes += event.range.size();
  into->end = std::max(into->end, seen.time);
}

void RamCollector::finished(Time) {
  for (auto& state : states_.all()) {
    const bool known = state.ram.migration != nullptr && !state.ram.migration->listen_unseen();
    for (auto& pass : state.ram.passes) pass.may_be_postcopy = pass.may_be_postcopy && !known;
  }
}

std::vector<const Ram*> RamCollector::migrations() const {
  std::vector<const Ram*> out;
  for (const auto& state : states_.all()) {
    if (state.ram.migration != nullptr) out.push_back(&state.ram);
  }
  return out;
}

}  // namespace mig::replay
