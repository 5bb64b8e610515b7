// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstdint>
#include <deque>
#include <optional>

#include "mig/history/exchanges.hpp"
#include "mig/history/migration.hpp"
#include "mig/history/page_ledger.hpp"
#include "mig/history/page_requests.hpp"
#include "plugin/model/sequencer.hpp"
#include "plugin/model/unit_index.hpp"

namespace mig::plugin {

/// What is remembered of one migration beside its units and its history: phases over time, requests of pages,
/// pages sent.
class MigrationLog {
 public:
  MigrationLog(Migration& migration, std::uint32_t number) : migration_(&migration), number_(number) {}

  /// A unit that is no page, and that was delivered: what it asks or answers is noted in it.
  void unit(Unit& unit, const Place& at);
  /// A page record. `answers` is set to the exchange that it completes.
  PageNote page(const Event& event, ConnectionId connection, ChannelKind channel, const When& when,
                std::optional<std::uint32_t>& answers);
  /// The migration is in `phase` from this visit on.
  void phase(Visit visit, Phase phase) { phases_.push_back({visit, phase}); }

  /// The VM description that ended this migration's stream has come.
  void described(std::uint32_t blob) { description_ = blob; }
  [[nodiscard]] std::uint32_t description() const noexcept { return description_; }

  [[nodiscard]] Phase phase_at(Visit visit) const noexcept;
  [[nodiscard]] std::uint32_t number() const noexcept { return number_; }
  [[nodiscard]] Migration& migration() const noexcept { return *migration_; }
  [[nodiscard]] const Exchanges& exchanges() const noexcept { return migration_->history().exchanges(); }

 private:
  struct PhaseChange {
    Visit visit;
    Phase phase;
  };
  std::uint32_t ask_pages(const PageRequest& request, const Place& at);
  std::optional<std::uint32_t> answered();

  Migration* migration_;
  std::uint32_t number_;
  std::uint32_t description_ = no_blob;
  std::deque<PhaseChange> phases_;
  PageLedger ledger_;
  PageRequests requests_;
};

}  // namespace mig::plugin
