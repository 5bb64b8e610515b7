// SPDX-License-Identifier: GPL-2.0-or-later
#include "plugin/model/migration_log.hpp"

#include <algorithm>
#include <bit>

namespace mig::plugin {

/// One overload per body that asks, answers, or changes what the destination has.
struct MigrationLog::Noter {
  MigrationLog& log;
  Unit& unit;
  Moment when;
  using Kind = Exchange::Kind;

  void ask(Kind kind, std::uint64_t key) const { unit.exchange = log.exchanges_.ask(kind, key, when); }
  void answer(Kind kind, std::uint64_t key) const {
    unit.exchange = log.exchanges_.answer(kind, key, when).value_or(no_exchange);
  }
  static std::uint64_t key(BlockId block) { return static_cast<std::uint32_t>(block); }

  template <class T>
  void operator()(const T&) const {}
  void operator()(const Ping& b) const { ask(Kind::ping, b.value); }
  void operator()(const Pong& b) const { answer(Kind::ping, b.value); }
  void operator()(const RecvBitmapRequest& b) const { ask(Kind::bitmap, key(b.block)); }
  void operator()(const RecvBitmap& b) const { answer(Kind::bitmap, key(b.block)); }
  void operator()(const Command& b) const {
    if (b.type == CommandType::postcopy_resume) ask(Kind::resume, 0);
  }
  void operator()(const ResumeAck&) const { answer(Kind::resume, 0); }
  void operator()(const PackageBegin&) const {
    ask(Kind::package, 0);
    log.package_ = unit.exchange;
  }
  void operator()(const PackageEnd&) const {
    answer(Kind::package, 0);
    log.package_.reset();
  }
  void operator()(const SectionHeader& b) const {
    if (b.type == SectionType::full && b.in_package && log.package_) ++log.exchanges_[*log.package_].count;
  }
  void operator()(const PageRequest& b) const {
    const auto pages = std::max<std::uint64_t>(log.page_number(b.length), 1);
    unit.exchange =
        log.exchanges_.ask_pages(b.block, log.page_number(b.start), pages, log.ledger_.sent(), when);
  }
};

std::uint64_t MigrationLog::page_number(std::uint64_t offset) const noexcept {
  return offset >> std::countr_zero(migration_->tables().page_size);
}

void MigrationLog::unit(Unit& unit, Moment when) {
  ledger_.other(unit.event, migration_->tables());
  std::visit(Noter{*this, unit, when}, unit.event.body);
}

PageNote MigrationLog::page(const Event& event, ConnectionId connection, ChannelKind channel, Moment when,
                            std::optional<std::uint32_t>& answers) {
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
  const auto sent = ledger_.page(connection, migration_->ram_stage(channel), tables, block, offset);
  PageNote note;
  note.page_bits = static_cast<std::uint8_t>(std::countr_zero(tables.page_size));
  note.iteration = static_cast<std::uint16_t>(std::min<std::uint32_t>(sent.pass, UINT16_MAX));
  note.again = sent.again;
  answers = exchanges_.page(block, page_number(offset), when);
  return note;
}

Phase MigrationLog::phase_at(Visit visit) const noexcept {
  const auto after = std::upper_bound(phases_.begin(), phases_.end(), visit,
                                      [](Visit v, const PhaseChange& c) { return v < c.visit; });
  if (after != phases_.begin()) return std::prev(after)->phase;
  return migration_->beginning_seen() ? Phase::setup : Phase::unknown;
}

}  // namespace mig::plugin
