// SPDX-License-Identifier: GPL-2.0-or-later
#include "plugin/model/migration_log.hpp"

#include <algorithm>
#include <bit>
#include <utility>

namespace mig::plugin {

/// A range that is awaited already gets the newest exchange, which leads to the earlier ones.
std::uint32_t MigrationLog::ask_pages(const PageRequest& request, const Place& at) {
  Exchange exchange;
  exchange.kind = Exchange::Kind::pages;
  exchange.request = at;
  auto& exchanges = migration_->history().exchanges();
  const auto number = exchanges.add(exchange);
  const auto& tables = migration_->tables();
  const auto [asked, block, range] = requests_.ask(request, at, tables, number);
  exchanges[number].sent_before =
      ledger_.sent().has(block, request.start >> std::countr_zero(tables.page_size));
  if (asked == PageRequests::Asked::repeated) exchanges[number].same = std::exchange(range->number, number);
  static_cast<void>(answered());
  return number;
}

/// The exchange of a range that is whole now. It is answered, and those that wait for the same pages.
std::optional<std::uint32_t> MigrationLog::answered() {
  auto& exchanges = migration_->history().exchanges();
  std::optional<std::uint32_t> newest;
  for (const auto& range : requests_.take_answered()) {
    if (!range.last_byte) continue;
    newest = range.number;
    for (auto n = *newest; n != no_exchange; n = exchanges[n].same) exchanges[n].response = range.last_byte;
  }
  return newest;
}

void MigrationLog::unit(Unit& unit, const Place& at) {
  ledger_.other(unit.event, migration_->tables());
  const auto* request = std::get_if<PageRequest>(&unit.event.body);
  unit.exchange = request != nullptr ? ask_pages(*request, at) : migration_->history().newest();
  if (std::holds_alternative<RecvBitmapRequest>(unit.event.body)) requests_.recovered(migration_->tables());
}

PageNote MigrationLog::page(const Event& event, ConnectionId connection, ChannelKind channel,
                            const When& when, std::optional<std::uint32_t>& answers) {
  BlockId block = no_block;
  std::uint64_t offset = 0;
  if (const auto* page = std::get_if<PageRecord>(&event.body)) {
    block = page->block;
    offset = page->page_offset;
  } else if (const auto* listed = std::get_if<MultifdPage>(&event.body)) {
    block = listed->block;
    offset = listed->page_offset;
  }
  const auto& tables = migration_->tables();
  const auto stage = migration_->ram_stage(channel);
  const auto sent = ledger_.page(connection, stage, tables, block, offset);
  PageNote note;
  note.page_bits = static_cast<std::uint8_t>(std::countr_zero(tables.page_size));
  note.iteration = static_cast<std::uint16_t>(std::min<std::uint32_t>(sent.pass, UINT16_MAX));
  note.again = sent.again;
  if (stage != RamStage::postcopy) return note;
  requests_.passed({block, offset, when, when, channel}, tables);
  answers = answered();
  return note;
}

Phase MigrationLog::phase_at(Visit visit) const noexcept {
  const auto after = std::upper_bound(phases_.begin(), phases_.end(), visit,
                                      [](Visit v, const PhaseChange& c) { return v < c.visit; });
  if (after != phases_.begin()) return std::prev(after)->phase;
  return migration_->phases().beginning_seen() ? Phase::setup : Phase::unknown;
}

}  // namespace mig::plugin
