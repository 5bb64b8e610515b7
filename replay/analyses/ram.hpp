// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "mig/history/page_ledger.hpp"
#include "replay/analyses/heat.hpp"
#include "replay/analyses/migration_analysis.hpp"
#include "replay/per_migration.hpp"

namespace mig::replay {

/// Page records of one kind of place. `resent`: pages that this migration had sent before.
struct PageCounts {
  std::uint64_t pages = 0;  ///< with contents: plain, XBZRLE, compressed, multifd
  std::uint64_t zero_pages = 0;
  std::uint64_t resent = 0;
  [[nodiscard]] std::uint64_t all() const noexcept { return pages + zero_pages; }
};

/// One walk of the source through its RAM blocks.
struct RamPass {
  PageCounts counts;
  std::uint64_t bytes = 0;       ///< on the wire, headers too
  Time start{}, end{};           ///< first and last record
  bool stopped = false;          ///< sent in the section that ends RAM: the guest stands still
  bool may_be_postcopy = false;  ///< where postcopy began was not seen
  std::map<BlockId, PageCounts> blocks;
  [[nodiscard]] double seconds() const { return std::chrono::duration<double>(end - start).count(); }
};

struct RamBlockUse {
  std::string name;
  std::uint64_t used_length = 0, page_size = 0;  ///< bytes; page_size of the host's pages, 0: as the target's
  PageCounts precopy, postcopy;
  std::uint64_t discarded = 0;  ///< bytes that the destination was told to drop
  std::optional<Heat> resent;   ///< where; only in precopy
};

/// What one migration did with its RAM.
struct Ram {
  const Migration* migration = nullptr;
  std::vector<RamPass> passes;      ///< of precopy
  std::uint64_t folded_passes = 0;  ///< passes beyond `max_passes`, counted into the last one
  std::optional<RamPass> postcopy;  ///< everything behind POSTCOPY_LISTEN
  std::map<BlockId, RamBlockUse> blocks;
  std::uint64_t mapped_pages = 0;      ///< mapped-ram: bits in the bitmaps of the file
  bool resent_is_lower_bound = false;  ///< more pages than are remembered one by one
  static constexpr std::size_t max_passes = 1000;

  /// Bytes a second of the guest's memory that had to be sent again because of what the guest wrote during
  /// pass `i`: those that pass i + 1 sent again. nullopt where there is none.
  [[nodiscard]] std::optional<double> dirty_rate(std::size_t i) const;
  /// Bytes a second on the wire; nullopt for a pass too short to say.
  [[nodiscard]] static std::optional<double> throughput(const RamPass& pass);
};

/// Counts pages by the passes and repeats that the PageLedger finds. JSON: docs/replay-schema.md, "ram".
class RamAnalysis final : public MigrationAnalysis {
 public:
  void event(const EventContext& context, const Event& event, Bytes raw) override;
  void whole_pages(const EventContext& context, std::span<const Event> pages, Bytes raw) override;
  void finished(Time time) override;

  [[nodiscard]] std::string text(const Migration& migration, Time start) override;
  [[nodiscard]] boost::json::object json(const Migration& migration, Time start) override;
  [[nodiscard]] std::string summary_rows(const Migration& migration) override;
  [[nodiscard]] std::vector<Finding> findings(const Migration& migration) override;
  /// In the newest pass that is long enough to say: what the guest wrote again, and what was sent meanwhile,
  /// both in bytes a second.
  struct Rates {
    std::size_t pass = 0;  ///< from 1
    double dirtied = 0, sent = 0;
  };
  [[nodiscard]] std::optional<Rates> newest_rates(const Migration& migration);
  /// Bytes a second of the pass in which the guest was stopped; nullopt where that was too little to say.
  [[nodiscard]] std::optional<double> switchover_rate(const Migration& migration);
  [[nodiscard]] bool all_pages_sent(const Migration& migration) {
    return states_[migration].ledger.has_all(migration.tables());
  }
  /// Of the migrations of which RAM was seen, in their order.
  [[nodiscard]] std::vector<const Ram*> migrations() const { return states_.list<Ram>(); }

 private:
  struct State : Ram {
    explicit State(const Migration& m) { migration = &m; }
    PageLedger ledger;
    BlockId discarding = no_block;
    std::size_t cells = 0;  // blocks over all passes
    // Where the last record of precopy was counted: the next one mostly belongs there too.
    RamBlockUse* use = nullptr;
    PageCounts* in_pass = nullptr;
    BlockId use_block = no_block;
    std::size_t use_pass = 0;
    std::uint32_t newest_number = 0;  // the ledger's pass that was asked for last, and where it is
    std::size_t newest_place = 0;
  };
  struct Record {
    BlockId block = no_block;
    std::uint64_t offset = 0;
    std::uint64_t size = 0;  // of the record itself, without the page
    bool zero = false;
  };

  static void record(State& state, const EventContext& context, const Record& record);
  static std::size_t run(State& state, const EventContext& context, bool zero, std::span<const Event> pages);
  static void postcopy_record(State& state, const EventContext& context, const Record& record, bool again);
  static void find_counts(State& state, const StreamTables& tables, BlockId id, std::size_t pass);
  static void sent_again(RamBlockUse& use, const StreamTables& tables, const Record& record);
  static std::size_t pass_at(State& state, Time time, std::uint32_t number);
  static void announcement(State& state, const StreamTables& tables, const Event& event);
  static void on_the_wire(State& state, const EventContext& context, std::uint64_t bytes);
  static RamBlockUse& block(State& state, const StreamTables& tables, BlockId id);

  PerMigration<State> states_;
};

}  // namespace mig::replay
