// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mig/history/verdict.hpp"
#include "replay/analyses/byte_kinds.hpp"
#include "replay/analyses/guest_away.hpp"
#include "replay/analyses/registry.hpp"
#include "replay/analyses/remarks.hpp"
#include "replay/analyses/sha256.hpp"
#include "replay/analyses/tls_traffic.hpp"
#include "replay/per_migration.hpp"

namespace mig::replay {

struct ChannelSummary {
  ConnectionId id{};
  ChannelKind kind = ChannelKind::unknown;
  ConnectionInfo info;
  // By Direction.
  std::array<std::uint64_t, 2> bytes{};  ///< as captured
  std::array<std::uint64_t, 2> unparsed{}, missing{};
  std::array<std::uint64_t, 2> undelivered{};  ///< sent after the reset; not among `bytes`
  std::array<std::uint64_t, 2> conflicting{};  ///< segments that repeated bytes with other contents
  std::optional<Where> conflict_place;         ///< of the first of them
  std::array<std::uint64_t, 2> unfinished{};   ///< of `bytes`: begin a header whose rest did not come
  std::array<std::optional<ParseError>, 2> error;
  std::array<Where, 2> error_place;
  std::array<std::optional<Where>, 2> gap_place;  ///< of the first missing byte
  bool closed = false, reset = false;
  std::array<bool, 2> heard{};       ///< a packet of this direction was captured, whatever it carries
  std::optional<PeerEnd> first_end;  ///< by the source: by the client
  bool reversed = false;  ///< `info` has source and destination the wrong way round; until finished()
  std::uint64_t resynchronised = 0;  ///< so often the place in the stream was lost and found again
  Time first{}, last{};
  std::uint64_t first_packet = 0;

  /// Opened, not refused, and without a byte.
  [[nodiscard]] bool is_silent() const noexcept {
    return info.from_the_start && !reset && bytes[0] + bytes[1] + missing[0] + missing[1] == 0;
  }
};

/// Small: a long precopy has very many of them.
struct SectionSeen {
  NameId name = no_name;
  std::uint32_t id = 0;
  std::uint32_t bytes = 0;  ///< with header and footer; no more than 4 GiB are counted
  SectionType type{};
  bool in_package = false;
};
struct CommandSeen {
  std::optional<std::uint32_t> value;
  std::uint16_t length = 0;
  CommandType type{};
  bool in_package = false;
};
struct PhaseSeen {
  Phase phase{};
  Time start{};
};
struct PackageSeen {
  std::uint32_t length = 0;
  Where begin;
  std::optional<Time> end;
};

struct StallSeen {
  ChannelKind channel{};
  Direction direction = Direction::forward;
  Stall stall;
};

/// Records of RAM and the hash of their order: one line each, `<block> <offset hex> <flags hex>`, in postcopy
/// without block.
struct RamSequence {
  enum Kind : std::uint8_t { eos, page, xbzrle, zero, compressed };
  std::array<std::uint64_t, 5> records{};  ///< by Kind
  Sha256 hash;
  bool hashed = false;
  bool lost = false;  ///< records may be among bytes that are missing or could not be read
  [[nodiscard]] bool empty() const noexcept { return records == decltype(records){}; }
};

struct MultifdSummary {
  std::map<std::string, std::uint64_t> by_channel, by_flags;
  std::uint64_t packets = 0, normal_pages = 0, zero_pages = 0;
  std::uint32_t flags = 0;  ///< of all packets together
};

/// What one migration was, in the words of QEMU's traces.
struct MigrationSummary {
  static constexpr std::size_t max_listed = 1U << 20;  ///< entries of each list; `left_out` counts the rest

  explicit MigrationSummary(const Migration& m) : migration(&m) {}

  const Migration* migration;
  const History* history = nullptr;
  [[nodiscard]] const Facts& facts() const noexcept { return history->facts(); }
  std::vector<ChannelSummary> channels;
  std::vector<SectionSeen> sections;  ///< wire order
  std::vector<CommandSeen> commands;  ///< wire order
  std::vector<NameId> capabilities;   ///< of the configuration section
  std::vector<std::uint32_t> pings, pongs;
  std::vector<PackageSeen> packages;
  std::uint64_t left_out = 0;
  std::map<std::string, std::uint64_t> rp_messages;
  std::map<BlockId, std::uint64_t> req_pages, discard_commands;
  std::vector<std::pair<BlockId, std::uint64_t>> ram_blocks;  ///< used length
  RamSequence precopy;
  RamSequence unknown;                  ///< of precopy or postcopy: where it changed was not seen
  std::map<int, RamSequence> postcopy;  ///< 0 main, 1 preempt
  MultifdSummary multifd;
  std::map<std::pair<BlockId, std::uint64_t>, std::uint64_t> recv_bitmap;  ///< messages by block and bytes
  std::uint64_t vm_description_bytes = 0;
  std::string vm_description;                        ///< text of it, as far as it came
  std::optional<std::uint64_t> described_page_size;  ///< as the VM description has it
  ByteKinds bytes{};
  std::vector<PhaseSeen> phases;
  std::vector<Finding> findings;
  std::vector<StallSeen> stalls;
  std::string leg;  ///< of a recording of migproxy: "source" or "destination"; else empty
  Verdict verdict;  ///< from this one's packets alone
  Time capture_end{};
  std::uint64_t cut_packets = 0;  ///< of the capture: its snaplen was too small
  std::uint32_t snaplen = 0;      ///< bytes that were captured of the largest of them
  bool eof_seen = false;
  Time last{};

  /// A channel was joined when it had begun.
  [[nodiscard]] bool began_late() const;
  /// Of all channels.
  [[nodiscard]] std::uint64_t sum(std::array<std::uint64_t, 2> ChannelSummary::*member) const;
};

/// What is reported as one migration: two of them where migproxy recorded both of its legs.
struct Reported {
  const MigrationSummary* first = nullptr;   ///< as the source saw it, where there are two
  const MigrationSummary* second = nullptr;  ///< as the destination saw it; nullptr: there is one only
  Verdict verdict;                           ///< from both
  GuestAway away;                            ///< from both
};

/// Collects a summary of every migration in a capture, and reads what the registry's analyses find in it.
class SummaryCollector final : public Consumer {
 public:
  /// Hashing the RAM records costs about half of the time; without it the hashes are null.
  explicit SummaryCollector(bool hash_records = true, Analyses analyses = Analyses::of_summary())
      : hash_(hash_records), analyses_(std::move(analyses)) {}

  /// Itself behind the analyses that it reads: what is to be given the capture.
  [[nodiscard]] std::vector<Consumer*> consumers();
  [[nodiscard]] const Analyses& analyses() const noexcept { return analyses_; }

  void started(Time time) override { start_ = time; }
  void opened(ConnectionId id, const ConnectionInfo& info, Moment moment) override;
  void event(const EventContext& context, const Event& event, Bytes raw) override;
  void whole_pages(const EventContext& context, std::span<const Event> pages, Bytes raw) override;
  void notice(const EventContext& context, Notice notice) override;
  void comment(std::string_view text, Moment moment) override { remarks_.add(text, moment); }
  void comment_elsewhere(std::string_view text, Moment moment) override { remarks_.add(text, moment); }
  void stalled(const EventContext& context, const Stall& stall) override;
  void closed(const EventContext& context, bool reset) override;
  void unfinished(const EventContext& context, std::uint64_t bytes) override;
  void undelivered(const EventContext& context, const Event& event, Bytes raw) override;
  void conflicting(const EventContext& context) override;
  void heard(const EventContext& context) override;
  void ended(const EventContext& context, const PeerEnd& end) override;
  void counted(const CaptureStatistics& statistics) override { statistics_ = statistics; }
  void finished(Time time) override;

  /// In the order of the migrations. Valid after finished().
  [[nodiscard]] std::vector<const MigrationSummary*> migrations() const { return migrations_.list(); }
  /// The same, with the two legs of a recorded migration joined. Valid after finished().
  [[nodiscard]] const std::vector<Reported>& reported() const noexcept { return reported_; }
  /// Connections that are no part of a migration.
  [[nodiscard]] const std::vector<ChannelSummary>& others() const noexcept { return others_; }
  [[nodiscard]] Time start() const noexcept { return start_; }
  /// What TLS does not hide of a connection; nullptr: it is none of TLS.
  [[nodiscard]] const TlsTraffic* tls(ConnectionId id) const {
    const auto found = tls_.find(id);
    return found == tls_.end() ? nullptr : &found->second;
  }
  [[nodiscard]] const CaptureStatistics& statistics() const noexcept { return statistics_; }

 private:
  void count(const EventContext& context, const Event& event, std::uint64_t size);
  [[nodiscard]] Vantage vantage(const MigrationSummary& m, Time next) const;
  void judge();
  void count_tls(const EventContext& context, const Event& event, Bytes raw);
  void adopt_silent();

  CaptureStatistics statistics_;
  bool hash_;
  Analyses analyses_;
  PerMigration<MigrationSummary> migrations_;
  std::vector<Reported> reported_;
  Remarks remarks_;
  std::vector<ChannelSummary> connections_, others_;
  std::map<ConnectionId, TlsTraffic> tls_;
  std::vector<std::string> multifd_id_;  // by connection
  std::uint64_t offset_ = 0;             // of the current event
  Time start_{};
};

}  // namespace mig::replay
