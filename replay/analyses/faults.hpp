// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "mig/history/page_set.hpp"
#include "replay/analyses/latency.hpp"
#include "replay/analyses/migration_analysis.hpp"
#include "replay/analyses/per_migration.hpp"

namespace mig::replay {

/// One page request and the page that satisfied it. Times are those at which the capture point saw them.
struct PageService {
  std::string block;
  std::uint64_t start = 0;
  std::uint32_t length = 0;  ///< bytes: one page of the host, which may be many of the target
  Where request;
  std::optional<Time> first_byte, last_byte;   ///< of the first and of the last page of the range
  std::uint64_t page_packet = 0;               ///< the one with the last byte
  ChannelKind channel = ChannelKind::unknown;  ///< on which the last page came
  unsigned repeated = 0;                       ///< so often it was asked for again while it was awaited
};

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
  std::vector<PageService> worst;       ///< slowest first
  std::vector<PageService> unanswered;  ///< oldest first, at most `shown`
  std::uint64_t not_watched = 0;        ///< requests beyond what is watched at one time
  /// Pages may have passed unseen: bytes are missing, could not be read, or are of a block that nobody named.
  /// An unanswered range may then have been answered.
  bool gaps = false;
  static constexpr std::size_t shown = 20;
};

/// Pairs each request with the pages that satisfy it, on whichever channel they come.
///
/// A range is awaited from the first request for it. Its first byte is the first header of one of its pages
/// that passes after the request, its last byte the end of the page that makes it whole. Pages of it that
/// passed before the request count as there; when all did (request and page crossed on the wire) the request
/// is `already_sent` and has no latency. A page of which a part passed before and a part after counts with a
/// first byte of 0. After a recovery every page counts as not sent: the destination asks again for what it
/// lacks. JSON: docs/replay-schema.md, "faults".
class FaultAnalysis final : public MigrationAnalysis {
 public:
  static constexpr std::size_t max_awaited = 1U << 16;  ///< ranges awaited at one time
  static constexpr std::size_t max_passed = 1024;       ///< pages that a request may be told behind

  void event(const Seen& seen, const Event& event, Bytes raw) override;
  /// In precopy none is asked for.
  void whole_pages(const Seen& seen, std::span<const Event> pages, Bytes raw) override;
  void finished(Time time) override;

  [[nodiscard]] std::string text(const Migration& migration, Time start) override;
  [[nodiscard]] boost::json::object json(const Migration& migration, Time start) override;
  [[nodiscard]] std::string summary_rows(const Migration& migration) override;
  [[nodiscard]] std::vector<Finding> findings(const Migration& migration) override;
  [[nodiscard]] const Faults& of(const Migration& migration) { return states_[migration]; }
  /// By migration; those that never were in postcopy too.
  [[nodiscard]] std::vector<const Faults*> migrations() const { return states_.list<Faults>(); }

 private:
  struct Awaited {
    PageService service;
    std::uint64_t pages_left = 0;
  };
  using Key = std::pair<BlockId, std::uint64_t>;
  struct OpenPage {
    Key place{};
    std::uint64_t left = 0;  // bytes of it that are still to come; 0: none is open
    Time first{};            // when its header passed
  };
  /// A page that has passed. The ways of a connection are told one ahead of the other where the capture has
  /// gaps, so a request may be told after its page and have passed before it.
  struct Passed {
    Key place{};
    Time first{}, last{};
    std::uint64_t packet = 0;
    ChannelKind channel = ChannelKind::unknown;
  };
  struct State : Faults {
    explicit State(const Migration& m) { migration = &m; }
    PageSet sent;
    std::map<Key, Awaited> awaited;
    std::map<ConnectionId, OpenPage> open;
    std::deque<Passed> passed;  // the newest
  };

  static void request(State& state, const Where& place, const StreamTables& tables, PageRequest r);
  static void page(State& state, const Seen& seen, const PageRecord& r);
  static void more_of_page(State& state, const Seen& seen, std::uint64_t size);
  static void whole(State& state, const Seen& seen, const OpenPage& page);
  static void arrive(State& state, const Passed& page);
  static void answered(State& state, std::map<Key, Awaited>::iterator range);
  static void recover(State& state, const StreamTables& tables);

  PerMigration<State> states_;
};

}  // namespace mig::replay
