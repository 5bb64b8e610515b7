// SPDX-License-Identifier: GPL-2.0-or-later
#include "mig/history/page_ledger.hpp"

namespace mig {

PageLedger::Page PageLedger::page(ConnectionId connection, RamStage stage, const StreamTables& tables,
                                  BlockId block, std::uint64_t offset) {
  const bool again = !sent_.insert(block, number(offset, tables));
  if (stage == RamStage::postcopy) return {again, passes_};
  return {again, step(walk_of(connection), block, offset, again)};
}

/// The pass that a record belongs to.
std::uint32_t PageLedger::step(Walk& walk, BlockId block, std::uint64_t offset, bool again) {
  const bool back =
      walk.block != no_block && (block < walk.block || (block == walk.block && offset <= walk.offset));
  walk.block = block;
  walk.offset = offset;
  walk.back = (walk.back || back) && !in_end_;
  const bool anew = walk.back && again;
  if (anew) walk.back = false;
  if (passes_ == 0 || end_began_ || (anew && walk.pass == passes_)) {
    walk.pass = ++passes_;
  } else if (anew || in_end_ || walk.pass == 0) {
    walk.pass = passes_;  // another channel was there first
  }
  end_began_ = false;
  return walk.pass;
}

void PageLedger::other(const Event& event, const StreamTables& tables) {
  if (const auto* header = std::get_if<SectionHeader>(&event.body)) {
    if (tables.name(header->idstr) == "ram") in_end_ = end_began_ = header->type == SectionType::end;
  } else if (const auto* discard = std::get_if<RamDiscard>(&event.body)) {
    discarding_ = discard->block;
  } else if (const auto* range = std::get_if<DiscardRange>(&event.body)) {
    sent_.erase(discarding_, number(range->start, tables), number(range->length, tables));
  }
}

bool PageLedger::has_all(const StreamTables& tables) const {
  const auto& blocks = tables.blocks();
  if (tables.incomplete || blocks.empty()) return false;
  for (std::uint32_t i = 0; i < blocks.size(); ++i) {
    const auto pages = number(blocks[i].used_length + tables.page_size - 1, tables);
    if (!sent_.has_all(BlockId{i}, pages)) return false;
  }
  return true;
}

}  // namespace mig
