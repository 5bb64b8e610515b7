// SPDX-License-Identifier: GPL-2.0-or-later
#include "mig/history/wire_history.hpp"

#include <utility>

#include "mig/history/machine_version.hpp"
#include "mig/history/page_ledger.hpp"
#include "mig/history/page_service.hpp"

namespace mig {

namespace {

bool is_of_page(const EventBody& body) {
  const auto* payload = std::get_if<Payload>(&body);
  if (payload != nullptr)
    return payload->kind == PayloadKind::page || payload->kind == PayloadKind::multifd_data;
  return std::holds_alternative<PageRecord>(body) || std::holds_alternative<MultifdPage>(body);
}

}  // namespace

struct WireHistory::Connection {
  explicit Connection(MigrationSet& set, ConnectionId id) : parser(set, id) {}
  ConnectionParser parser;
  std::array<bool, 2> ended{};  // by Direction
  bool over = false;
};

struct WireHistory::Remembered {
  /// What follows pages is as large as the guest: it goes with the migration.
  struct Pages {
    PageLedger ledger;
    PageService service;
  };
  std::unique_ptr<Pages> pages = std::make_unique<Pages>();
  Vantage last;  // once the pages are gone

  [[nodiscard]] Vantage vantage(const Migration& migration) const {
    if (!pages) return last;
    Vantage v;
    v.source_waits_for_pong = waits_for_pong(migration.history().facts(), migration.tables());
    v.request_open = !pages->service.awaited().empty();
    v.all_pages_sent = pages->ledger.has_all(migration.tables());
    return v;
  }
};

struct WireHistory::Sink final : EventSink {
  Sink(WireHistory& w, const ConnectionParser& p, Direction d, When now)
      : wire(w), parser(p), direction(d), when(now) {}
  ~Sink() { flush(); }
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;

  void on_event(const Event& event, Bytes) override {
    auto* migration = parser.migration();
    if (migration == nullptr) return;
    if (remembered == nullptr) remembered = wire.remembered(parser);
    const auto stage = migration->ram_stage(parser.kind());
    // In precopy a page says only when it passed: one of a run speaks for all, and its contents for nothing.
    if (stage == RamStage::precopy && is_of_page(event.body)) {
      pages_passed = true;
      if (!std::holds_alternative<Payload>(event.body)) follow_pages(*migration, stage, event);
      return;
    }
    flush();
    follow_pages(*migration, stage, event);
    remember(*migration, event);
  }
  void flush() {
    if (std::exchange(pages_passed, false))
      remember(*parser.migration(), {{}, Payload{PayloadKind::page}, {}});
  }

 private:
  [[nodiscard]] Place place(const Event& event) const {
    return {parser.id(), parser.kind(), direction, event.range.begin, when};
  }
  void remember(Migration& migration, const Event& event) {
    migration.delivered(place(event), event, notices);
  }
  void follow_pages(const Migration& migration, RamStage stage, const Event& event) {
    if (!remembered->pages) return;
    auto& [ledger, service] = *remembered->pages;
    const auto& tables = migration.tables();
    if (stage != RamStage::precopy || direction == Direction::return_path) {
      static_cast<void>(service.event(place(event), direction, stage, event, tables));
      static_cast<void>(service.take_answered());
    }
    if (direction == Direction::return_path) return;
    if (const auto* record = std::get_if<PageRecord>(&event.body)) {
      page(stage, tables, record->block, record->page_offset);
    } else if (const auto* packed = std::get_if<MultifdPage>(&event.body)) {
      page(stage, tables, packed->block, packed->page_offset);
    } else if (!std::holds_alternative<Payload>(event.body)) {
      ledger.other(event, tables);
    }
  }
  void page(RamStage stage, const StreamTables& tables, BlockId block, std::uint64_t offset) {
    auto& ledger = remembered->pages->ledger;
    if (stage == RamStage::precopy && ledger.goes_on(parser.id(), tables, block, offset)) return;
    ledger.page(parser.id(), stage, tables, block, offset);
  }

  WireHistory& wire;
  const ConnectionParser& parser;
  Direction direction;
  When when;
  Remembered* remembered = nullptr;
  bool pages_passed = false;  // and nothing was remembered of them yet
  std::vector<Notice> notices;
};

WireHistory::WireHistory() = default;
WireHistory::~WireHistory() = default;

WireHistory::Connection& WireHistory::connection(ConnectionId id) {
  return connections_.try_emplace(id, set_, id).first->second;
}

/// The connection's migration is known.
WireHistory::Remembered* WireHistory::remembered(const ConnectionParser& parser) {
  const auto id = parser.migration()->id();
  if (is_main(parser.kind())) migrations_.try_emplace(parser.id(), id);
  auto& one = all_[id];
  if (!one) one = std::make_unique<Remembered>();
  return one.get();
}

void WireHistory::bytes(ConnectionId id, Direction direction, Bytes bytes, When when) {
  auto& connection = this->connection(id);
  if (connection.over || bytes.empty()) return;
  Sink sink(*this, connection.parser, direction, when);
  static_cast<void>(connection.parser.feed(direction, bytes, sink));
}

void WireHistory::ended(ConnectionId id, Direction direction, bool reset, When when) {
  auto& connection = this->connection(id);
  auto& ended = connection.ended;
  if (connection.over || ended[static_cast<std::size_t>(direction)]) return;
  ended[static_cast<std::size_t>(direction)] = true;
  const auto& parser = connection.parser;
  const auto by = direction == Direction::forward ? Peer::source : Peer::destination;
  if (auto* migration = parser.migration(); migration != nullptr) {
    static_cast<void>(remembered(parser));
    migration->history().ended(id, parser.kind(), {by, reset, when});
  }
  if (reset || (ended[0] && ended[1])) finish(connection, direction, reset, when);
}

void WireHistory::finish(Connection& connection, Direction from, bool reset, When when) {
  connection.over = true;
  auto& parser = connection.parser;
  for (const auto direction : {Direction::forward, Direction::return_path}) {
    Sink sink(*this, parser, direction, when);
    if (!reset) static_cast<void>(parser.finish(direction, sink));
  }
  auto* migration = parser.migration();
  if (migration == nullptr) return;
  std::vector<Notice> notices;
  migration->closed({parser.id(), parser.kind(), reset ? from : Direction::forward}, reset, notices);
}

void WireHistory::closed(ConnectionId id, When when) {
  const auto found = connections_.find(id);
  if (found == connections_.end()) return;
  for (const auto direction : {Direction::forward, Direction::return_path}) ended(id, direction, false, when);
  auto* migration = found->second.parser.migration();
  connections_.erase(found);
  if (migration == nullptr || !migration->is_over()) return;
  auto& one = *all_[migration->id()];
  one.last = one.vantage(*migration);
  one.pages.reset();
  migration->tables() = StreamTables();
}

std::optional<WireHistory::Witness> WireHistory::migration_of(ConnectionId id, When now) const {
  const auto found = migrations_.find(id);
  if (found == migrations_.end()) return std::nullopt;
  const auto& migration = set_.all()[static_cast<std::size_t>(found->second)];
  Witness out{migration.history().facts(), all_.at(found->second)->vantage(migration)};
  out.vantage.capture_end = now.ns;
  out.vantage.silent = out.facts.is_silent(now.ns);
  return out;
}

}  // namespace mig
