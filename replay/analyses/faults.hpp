// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "mig/history/page_service.hpp"
#include "replay/analyses/latency.hpp"
#include "replay/analyses/migration_analysis.hpp"
#include "replay/per_migration.hpp"

namespace mig::replay {

struct FaultCounts {
  std::uint64_t requests = 0;      ///< messages
  std::uint64_t repeated = 0;      ///< of them: for a range that was awaited already
  std::uint64_t already_sent = 0;  ///< of them: the whole range had passed before the request did
  std::uint64_t answered = 0;      ///< ranges
  std::uint64_t unplaced = 0;      ///< of the requests: for a block whose name was not captured
  std::uint64_t unanswered = 0;    ///< ranges still awaited at the end; see Faults::gaps
  Latency first_byte, last_byte;
};

/// How one migration served page faults.
struct Faults {
  const Migration* migration = nullptr;
  FaultCounts all;
  std::map<BlockId, FaultCounts> blocks;
  std::map<BlockId, std::string> names;
  std::map<ChannelKind, std::uint64_t> answered_on;
  std::vector<PageRange> worst;       ///< slowest first
  std::vector<PageRange> unanswered;  ///< oldest first, at most `shown`
  std::uint64_t not_watched = 0;      ///< requests beyond what is watched at one time
  /// Pages may have passed unseen: bytes are missing, could not be read, or are of a block that nobody named.
  /// An unanswered range may then have been answered.
  bool gaps = false;
  static constexpr std::size_t shown = 20;
};

/// How long each request waited, as PageRequests pairs it with its pages. One that is `already_sent` has no
/// latency. JSON: docs/replay-schema.md, "faults".
class FaultAnalysis final : public MigrationAnalysis {
 public:
  void event(const EventContext& context, const Event& event, Bytes raw) override;
  /// In precopy none is asked for.
  void whole_pages(const EventContext& context, std::span<const Event> pages, Bytes raw) override;
  void finished(Time time) override;

  [[nodiscard]] std::string text(const Migration& migration, Time start) override;
  [[nodiscard]] boost::json::object json(const Migration& migration, Time start) override;
  [[nodiscard]] std::string summary_rows(const Migration& migration) override;
  [[nodiscard]] std::vector<Finding> findings(const Migration& migration) override;
  [[nodiscard]] const Faults& of(const Migration& migration) { return states_[migration]; }
  /// By migration; those that never were in postcopy too.
  [[nodiscard]] std::vector<const Faults*> migrations() const { return states_.list<Faults>(); }

 private:
  struct State : Faults {
    explicit State(const Migration& m) { migration = &m; }
    PageService service;
  };

  static void count_request(State& state, const PageRequests::Request& request, const StreamTables& tables);
  static void count_answered(State& state);

  PerMigration<State> states_;
};

}  // namespace mig::replay
