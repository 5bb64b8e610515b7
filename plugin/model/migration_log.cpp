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
    unit.exchange = log.exchanges_.ask_pages(b.block, log.page_number(b.start), pages, log.sent_, when);
  }
  void operator()(const RamDiscard& b) const { log.discard_block_ = b.block; }
  void operator()(const DiscardRange& b) const {
    log.sent_.drop(log.discard_block_, log.page_number(b.start), log.page_number(b.length));
  }
};

std::uint64_t MigrationLog::page_number(std::uint64_t offset) const noexcept {
  return offset >> std::countr_zero(migration_->tables().page_size);
}

void MigrationLog::unit(Unit& unit, Moment when) { std::visit(Noter{*this, unit, when}, unit.event.body); }

/// Memory is walked block by block, upwards; a step back begins the walk anew. Postcopy follows the guest.
void MigrationLog::walk(BlockId block, std::uint64_t offset) noexcept {
  const bool back =
      walk_block_ != no_block && std::pair(block, offset) < std::pair(walk_block_, walk_offset_);
  if (back && !migration_->tables().listening && iteration_ != UINT16_MAX) ++iteration_;
  walk_block_ = block;
  walk_offset_ = offset;
}

PageNote MigrationLog::page(const Event& event, bool main_channel, Moment when,
                            std::optional<std::uint32_t>& answers) {
  BlockId block = no_block;
  std::uint64_t offset = 0;
  if (const auto* page = std::get_if<PageRecord>(&event.body)) {
    block = page->block;
    offset = page->page_offset;
    if (main_channel) walk(block, offset);
  } else if (const auto* listed = std::get_if<MultifdPage>(&event.body)) {
    block = listed->block;
    offset = listed->page_offset;
  }
  const auto number = page_number(offset);
  PageNote note;
  note.page_bits = static_cast<std::uint8_t>(std::countr_zero(migration_->tables().page_size));
  note.iteration = iteration_;
  note.again = sent_.put(block, number);
  answers = exchanges_.page(block, number, when);
  return note;
}

Phase MigrationLog::phase_at(Visit visit) const noexcept {
  const auto after = std::upper_bound(phases_.begin(), phases_.end(), visit,
                                      [](Visit v, const PhaseChange& c) { return v < c.visit; });
  if (after != phases_.begin()) return std::prev(after)->phase;
  return migration_->beginning_seen() ? Phase::setup : Phase::unknown;
}

}  // namespace mig::plugin
