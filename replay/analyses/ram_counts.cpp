// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <bit>
#include <type_traits>

#include "replay/analyses/ram.hpp"

namespace mig::replay {
namespace {

constexpr std::size_t max_heats = 256;             // blocks with a heat map, for streams that name thousands
constexpr std::size_t max_cells = 1U << 17;        // blocks over all passes
constexpr double least_seconds = 1e-4;             // a shorter pass says nothing of speed
constexpr double telling_seconds = 0.05;           // nor a shorter one of how fast the guest writes
constexpr std::uint64_t telling_bytes = 1U << 18;  // nor less in the switchover of what the network carries

// State::in_pass stays valid when the list of passes grows.
static_assert(std::is_nothrow_move_constructible_v<RamPass>);

void add(PageCounts& counts, bool zero, bool resent) {
  ++(zero ? counts.zero_pages : counts.pages);
  if (resent) ++counts.resent;
}

std::uint64_t bits(Bytes raw) {
  std::uint64_t n = 0;
  for (const auto byte : raw) n += static_cast<unsigned>(std::popcount(std::to_integer<unsigned>(byte)));
  return n;
}

}  // namespace

std::optional<double> Ram::throughput(const RamPass& pass) {
  if (pass.seconds() < least_seconds) return std::nullopt;
  return static_cast<double>(pass.bytes) / pass.seconds();
}

std::optional<double> Ram::dirty_rate(std::size_t i) const {
  if (i + 1 >= passes.size()) return std::nullopt;
  const auto time = std::chrono::duration<double>(passes[i + 1].start - passes[i].start).count();
  if (time < least_seconds) return std::nullopt;
  return static_cast<double>(passes[i + 1].counts.resent) * migration->tables().page_size / time;
}

RamBlockUse& RamAnalysis::block(State& state, const StreamTables& tables, BlockId id) {
  auto& use = state.blocks[id];
  if (const auto* known = tables.block(id); known != nullptr && use.name.empty()) {
    use.name = tables.block_name(id);
    use.used_length = known->used_length;
    use.page_size = known->page_size;
  }
  return use;
}

/// Where the ledger's pass is in the list; beyond the limit the last one holds those that follow.
std::size_t RamAnalysis::pass_at(State& state, Time time, std::uint32_t number) {
  if (number == state.newest_number && number != 0) return state.newest_place;
  auto& passes = state.passes;
  while (passes.size() < std::min<std::size_t>(number, Ram::max_passes)) {
    auto& pass = passes.emplace_back();
    pass.start = time;
    pass.stopped = state.ledger.in_end();
  }
  state.folded_passes = state.ledger.passes() - passes.size();
  state.newest_number = number;
  return state.newest_place = std::clamp<std::size_t>(number, 1, passes.size()) - 1;
}

void RamAnalysis::postcopy_record(State& state, const EventContext& context, const Record& r, bool again) {
  const auto& tables = context.migration->tables();
  if (!state.postcopy) state.postcopy.emplace().start = context.time;
  auto& pass = *state.postcopy;
  add(pass.counts, r.zero, again);
  add(pass.blocks[r.block], r.zero, again);
  add(block(state, tables, r.block).postcopy, r.zero, again);
  pass.bytes += r.size;
  pass.end = context.time;
}

/// Sets `use` and `in_pass`; the latter to nullptr where no more cells are counted.
void RamAnalysis::find_counts(State& state, const StreamTables& tables, BlockId id, std::size_t pass) {
  auto& blocks = state.passes[pass].blocks;
  state.use = &block(state, tables, id);
  state.in_pass = nullptr;
  if (state.cells < max_cells || blocks.contains(id)) {
    const auto before = blocks.size();
    state.in_pass = &blocks[id];
    state.cells += blocks.size() - before;
  }
  state.use_block = id;
  state.use_pass = pass;
}

void RamAnalysis::sent_again(RamBlockUse& use, const StreamTables& tables, const Record& r) {
  if (!use.resent && static_cast<std::uint32_t>(r.block) < max_heats)
    use.resent.emplace(use.used_length, tables.page_size);
  if (use.resent) use.resent->add(r.offset);
}

void RamAnalysis::record(State& state, const EventContext& context, const Record& r) {
  const auto stage = context.migration->ram_stage(context.channel);
  const auto& tables = context.migration->tables();
  const auto page = state.ledger.page(context.connection, stage, tables, r.block, r.offset);
  const bool resent = page.again;
  if (stage == RamStage::postcopy) return postcopy_record(state, context, r, resent);
  const auto pass = pass_at(state, context.time, page.pass);
  auto& into = state.passes[pass];
  into.may_be_postcopy = into.may_be_postcopy || stage == RamStage::unknown;
  into.bytes += r.size;
  into.end = context.time;
  if (state.use == nullptr || state.use_block != r.block || state.use_pass != pass)
    find_counts(state, tables, r.block, pass);
  add(into.counts, r.zero, resent);
  if (state.in_pass != nullptr) add(*state.in_pass, r.zero, resent);
  add(state.use->precopy, r.zero, resent);
  if (resent) sent_again(*state.use, tables, r);
}

void RamAnalysis::event(const EventContext& context, const Event& event, Bytes raw) {
  if (context.migration == nullptr || context.direction != Direction::forward) return;
  auto& state = states_[*context.migration];
  const auto size = event.range.size();
  if (const auto* page = std::get_if<PageRecord>(&event.body))  // first: nearly all events are these
    return record(state, context,
                  {page->block, page->page_offset, size, page->encoding == PageEncoding::zero});
  if (const auto* page = std::get_if<MultifdPage>(&event.body))
    return record(state, context, {page->block, page->page_offset, size, page->zero});
  if (const auto* payload = std::get_if<Payload>(&event.body)) {
    if (payload->kind == PayloadKind::mapped_ram_bitmap) state.mapped_pages += bits(raw);
    if (payload->kind != PayloadKind::page && payload->kind != PayloadKind::multifd_data) return;
  } else if (!std::holds_alternative<MultifdPacket>(event.body) &&
             // What could not be read, or was not captured, was on the wire too.
             !std::holds_alternative<Missing>(event.body) && !std::holds_alternative<Unparsed>(event.body)) {
    return announcement(state, context.migration->tables(), event);
  }
  on_the_wire(state, context, size);
}

void RamAnalysis::whole_pages(const EventContext& context, std::span<const Event> pages, Bytes) {
  if (context.migration == nullptr) return;
  auto& state = states_[*context.migration];
  const bool postcopy = state.postcopy || context.migration->ram_stage(context.channel) == RamStage::postcopy;
  while (!pages.empty()) {
    const auto& page = std::get<PageRecord>(pages.front().body);
    const bool zero = page.encoding == PageEncoding::zero;
    record(state, context, {page.block, page.page_offset, pages.front().range.size(), zero});
    if (page.payload_size != 0) on_the_wire(state, context, page.payload_size);
    pages = pages.subspan(1);
    if (!postcopy) pages = pages.subspan(run(state, context, zero, pages));
  }
}

/// How many of `pages` go on where the record before them ended, and are new: they are of the same pass, so
/// all that is left is to count them.
std::size_t RamAnalysis::run(State& state, const EventContext& context, bool zero,
                             std::span<const Event> pages) {
  const auto& tables = context.migration->tables();
  std::size_t n = 0;
  std::uint64_t bytes = 0;
  for (; n < pages.size(); ++n) {
    const auto& page = std::get<PageRecord>(pages[n].body);
    if ((page.encoding == PageEncoding::zero) != zero) break;
    if (!state.ledger.goes_on(context.connection, tables, page.block, page.page_offset)) break;
    bytes += pages[n].range.size() + page.payload_size;
  }
  auto& into = state.passes[pass_at(state, context.time, state.ledger.pass_of(context.connection))];
  into.bytes += bytes;
  for (auto* counts : {&into.counts, state.in_pass, &state.use->precopy})
    if (counts != nullptr) (zero ? counts->zero_pages : counts->pages) += n;
  return n;
}

/// What says something of pages and is none.
void RamAnalysis::announcement(State& state, const StreamTables& tables, const Event& event) {
  state.ledger.other(event, tables);
  if (const auto* entry = std::get_if<RamBlockEntry>(&event.body)) {
    block(state, tables, entry->block);
  } else if (const auto* discard = std::get_if<RamDiscard>(&event.body)) {
    state.discarding = discard->block;
  } else if (const auto* range = std::get_if<DiscardRange>(&event.body)) {
    block(state, tables, state.discarding).discarded += range->length;
  }
}

void RamAnalysis::on_the_wire(State& state, const EventContext& context, std::uint64_t bytes) {
  auto* into = state.postcopy ? &*state.postcopy
               : state.passes.empty()
                   ? nullptr
                   : &state.passes[pass_at(state, context.time, state.ledger.pass_of(context.connection))];
  if (into == nullptr) return;
  into->bytes += bytes;
  into->end = std::max(into->end, context.time);
}

std::optional<RamAnalysis::Rates> RamAnalysis::newest_rates(const Migration& migration) {
  const Ram& ram = states_[migration];
  for (auto i = ram.passes.size(); i-- > 0;) {
    const auto dirtied = ram.dirty_rate(i);
    if (!dirtied) continue;
    const auto& pass = ram.passes[i];
    const auto time = std::chrono::duration<double>(ram.passes[i + 1].start - pass.start).count();
    if (time >= telling_seconds) return Rates{i + 1, *dirtied, static_cast<double>(pass.bytes) / time};
  }
  return std::nullopt;
}

std::optional<double> RamAnalysis::switchover_rate(const Migration& migration) {
  const Ram& ram = states_[migration];
  if (ram.passes.empty() || !ram.passes.back().stopped || ram.passes.back().bytes < telling_bytes)
    return std::nullopt;
  return Ram::throughput(ram.passes.back());
}

void RamAnalysis::finished(Time) {
  states_.for_each([](State& state) {
    state.resent_is_lower_bound = state.ledger.sent().full();
    for (auto& pass : state.passes)
      pass.may_be_postcopy = pass.may_be_postcopy && state.migration->phases().listen_unseen();
  });
}

}  // namespace mig::replay
