// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "replay/analyses/sha256.hpp"
#include "replay/analysis.hpp"

namespace mig::replay {

struct ChannelSummary {
  ConnectionId id{};
  ChannelKind kind = ChannelKind::unknown;
  ConnectionInfo info;
  std::uint64_t bytes[2] = {0, 0};  ///< by Direction, as captured
  std::uint64_t unparsed[2] = {0, 0};
  std::uint64_t missing[2] = {0, 0};
  std::optional<ParseError> error[2];
  bool closed = false, reset = false;
  Time first{}, last{};
};

struct SectionSeen {
  SectionType type{};
  std::uint32_t id = 0;
  std::string idstr;
  bool in_package = false;
  std::uint64_t bytes = 0;
};
struct CommandSeen {
  CommandType type{};
  std::uint32_t length = 0;
  std::optional<std::uint32_t> value;
  bool in_package = false;
};
struct PhaseSeen {
  Phase phase{};
  Time start{};
};

/// Records of RAM and the hash of their order: one line each, `<block> <offset hex> <flags hex>`, in postcopy
/// without block.
struct RamSequence {
  std::map<std::string, std::uint64_t> records;  ///< "PAGE", "ZERO", "XBZRLE", "EOS"
  Sha256 hash;
};

/// What one migration was, in the words of QEMU's traces.
struct MigrationSummary {
  const Migration* migration = nullptr;
  std::vector<ChannelSummary> channels;
  std::vector<SectionSeen> sections;  ///< wire order
  std::vector<CommandSeen> commands;  ///< wire order
  std::vector<std::uint32_t> pings, pongs;
  std::map<std::string, std::uint64_t> rp_messages;
  std::map<std::string, std::uint64_t> req_pages_by_block, discard_commands_by_block;
  std::vector<std::uint32_t> package_lengths;
  std::vector<std::pair<std::string, std::uint64_t>> ram_blocks;
  RamSequence precopy;
  std::map<int, RamSequence> postcopy;  ///< 0 main, 1 preempt
  std::map<std::string, std::uint64_t> multifd_by_channel, multifd_by_flags;
  std::uint64_t multifd_packets = 0, multifd_normal_pages = 0, multifd_zero_pages = 0;
  std::map<std::string, std::uint64_t> recv_bitmap;  ///< block -> bytes
  std::uint64_t vm_description_bytes = 0;
  std::vector<PhaseSeen> phases;
  std::vector<std::string> oddities;
  bool eof_seen = false;
  Time last{};
};

/// Collects a summary of every migration in a capture.
class SummaryCollector final : public Consumer {
 public:
  void started(Time time) override { start_ = time; }
  void opened(ConnectionId id, const ConnectionInfo& info, Moment moment) override;
  void event(const Seen& seen, const Event& event, Bytes raw) override;
  void notice(const Seen& seen, Notice notice) override;
  void closed(const Seen& seen, bool reset) override;
  void finished(Time time) override;

  /// In the order of the migrations. Valid after finished().
  [[nodiscard]] const std::vector<std::unique_ptr<MigrationSummary>>& migrations() const noexcept {
    return migrations_;
  }
  /// Connections that are no part of a migration.
  [[nodiscard]] const std::vector<ChannelSummary>& others() const noexcept { return others_; }
  [[nodiscard]] Time start() const noexcept { return start_; }

 private:
  struct Writer;
  MigrationSummary& summary(Migration& migration);

  std::vector<std::unique_ptr<MigrationSummary>> migrations_;
  std::vector<ChannelSummary> connections_, others_;
  std::vector<std::string> multifd_id_;  // by connection
  Time start_{};
};

}  // namespace mig::replay
