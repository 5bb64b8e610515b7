// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <bit>
#include <cstdint>
#include <map>

#include "mig/connection_parser.hpp"
#include "mig/history/migration.hpp"
#include "mig/history/page_set.hpp"

namespace mig {

/// Which pages a migration has sent, which of them again, and in which pass of precopy.
///
/// A pass is over when the source starts over: a record lies at or before the place of the one before it (in
/// the order of the block list; on each multifd channel by itself), and one that was sent before follows.
/// What the END section of `ram` carries is one pass of its own: what was dirty when the guest stopped. (With
/// multifd, pages overtake that section on their own connections, so there it may go unnoticed.) Postcopy
/// follows the guest, not the block list, and has no passes.
class PageLedger {
 public:
  struct Page {
    bool again = false;      ///< sent before, and not discarded since
    std::uint32_t pass = 0;  ///< from 1; in postcopy that of precopy's last
  };

  PageLedger() = default;
  PageLedger(const PageLedger&) = delete;  // it points into itself
  PageLedger& operator=(const PageLedger&) = delete;

  /// A page record. `stage` is what Migration::ram_stage() says of its channel.
  Page page(ConnectionId connection, RamStage stage, const StreamTables& tables, BlockId block,
            std::uint64_t offset);
  /// The same, for a record of precopy that lies behind the last one of its connection and is new: it is of
  /// the same pass. Else nothing happens and the answer is false.
  bool goes_on(ConnectionId connection, const StreamTables& tables, BlockId block, std::uint64_t offset) {
    auto& walk = walk_of(connection);
    if (block != walk.block || offset <= walk.offset) return false;
    if (!sent_.insert(block, number(offset, tables))) return false;
    walk.offset = offset;
    return true;
  }
  /// Any other event of the forward direction: sections of RAM, discards.
  void other(const Event& event, const StreamTables& tables);

  /// Of precopy, so far.
  [[nodiscard]] std::uint32_t passes() const noexcept { return passes_; }
  /// The one to which the connection's last page belonged; 0: none.
  [[nodiscard]] std::uint32_t pass_of(ConnectionId connection) { return walk_of(connection).pass; }
  /// The source's last pass is that of the END section: the guest does not run.
  [[nodiscard]] bool in_end() const noexcept { return in_end_; }
  /// Each page of each block that the block list names was sent, and not discarded since.
  [[nodiscard]] bool has_all(const StreamTables& tables) const;
  [[nodiscard]] const PageSet& sent() const noexcept { return sent_; }

 private:
  /// Where a connection's last record was, and in which pass.
  struct Walk {
    BlockId block = no_block;
    std::uint64_t offset = 0;
    std::uint32_t pass = 0;
    bool back = false;  // a record lay before the one before it
  };
  /// A shift: divisions are what costs most here, and page sizes are powers of two.
  static std::uint64_t number(std::uint64_t offset, const StreamTables& tables) noexcept {
    return offset >> std::countr_zero(tables.page_size);
  }
  Walk& walk_of(ConnectionId id) {
    if (newest_ == nullptr || newest_id_ != id) {
      newest_ = &walks_[id];
      newest_id_ = id;
    }
    return *newest_;
  }
  std::uint32_t step(Walk& walk, BlockId block, std::uint64_t offset, bool again);

  PageSet sent_;
  std::map<ConnectionId, Walk> walks_;  // connections are numbered over all migrations
  Walk* newest_ = nullptr;              // the one asked for last: pages of a connection come in runs
  ConnectionId newest_id_{};
  BlockId discarding_ = no_block;
  std::uint32_t passes_ = 0;
  bool in_end_ = false;     // inside the END section of ram
  bool end_began_ = false;  // that section has not had its pass yet
};

}  // namespace mig
