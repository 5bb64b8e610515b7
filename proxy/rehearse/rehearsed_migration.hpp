// SPDX-License-Identifier: GPL-2.0-or-later
// The rules of a rehearsal, without sockets: what is sent on, and what is kept so that the guest stays at the
// source.
#pragma once
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mig/connection_parser.hpp"
#include "mig/history/migration.hpp"
#include "mig/history/page_ledger.hpp"

namespace mig::proxy {

/// What a rehearsal has shown. Times in seconds since its first byte.
struct RehearsalReport {
  struct Section {
    std::string name;
    std::uint32_t instance = 0;
    std::uint64_t bytes = 0;
    double at = 0;
  };
  std::uint64_t bytes = 0;  ///< that the source sent
  std::uint64_t pages = 0;  ///< with contents; a page that was sent again counts again
  std::uint32_t passes = 0;
  std::optional<double> stopped_at;   ///< the source stopped its guest: the last pass began
  std::optional<double> answered_at;  ///< the destination's SHUT
  std::optional<std::uint32_t> shut;  ///< 0: it has loaded everything
  std::vector<Section> devices;       ///< in the order of the stream
};

/// Feeds what the source and the destination send through the parsers. Nothing is sent to the destination
/// before the beginning of the stream has shown that the rehearsal is safe: that there is a return path and
/// no postcopy. On its way the guest's run state is set to "paused", so that the destination cannot run it;
/// without that the end of the stream is not sent. SHUT is never sent to the source, so that it takes its
/// guest back when the connection ends.
class RehearsedMigration {
 public:
  RehearsedMigration();
  RehearsedMigration(const RehearsedMigration&) = delete;
  RehearsedMigration& operator=(const RehearsedMigration&) = delete;
  ~RehearsedMigration();

  void source_sent(ConnectionId connection, Bytes bytes, double now);
  /// Nothing came for a while: bytes that the parser holds, because it waits for what follows them, must not
  /// keep the guest waiting.
  void idle(double now);
  void destination_sent(ConnectionId connection, Bytes bytes, double now);

  /// What may be sent on now; nothing before approved().
  [[nodiscard]] std::vector<std::byte> take_for_destination(ConnectionId connection);
  [[nodiscard]] std::vector<std::byte> take_for_source(ConnectionId connection);

  /// The destination may be connected.
  [[nodiscard]] bool approved() const noexcept { return approved_; }
  /// The connection that the destination has to see first.
  [[nodiscard]] std::optional<ConnectionId> main() const noexcept { return main_; }
  /// One sentence: why it must not begin, or not go on; empty: nothing is wrong. `remedy` may be empty.
  [[nodiscard]] const std::string& problem() const noexcept { return problem_; }
  [[nodiscard]] const std::string& remedy() const noexcept { return remedy_; }
  [[nodiscard]] const RehearsalReport& report() const noexcept { return report_; }

 private:
  struct Channel;
  struct Forward;
  struct Back;
  Channel& channel(ConnectionId id);
  void main_event(Channel& channel, const Event& event, Bytes raw, double now);
  void before_approval(const Event& event);
  void section(const SectionHeader& header, const StreamTables& tables, double now);
  void release_run_state(Channel& channel);
  void pass_on(Channel& channel, const Event& event, Bytes raw);
  void count_page(const Event& event, Channel& channel);
  void stop(std::string problem, std::string remedy = {});

  MigrationSet set_;
  std::map<ConnectionId, std::unique_ptr<Channel>> channels_;
  PageLedger ledger_;
  RehearsalReport report_;
  std::optional<ConnectionId> main_;
  std::string problem_, remedy_;
  std::vector<std::byte> run_state_;  // payload of the section that is open, if it is that one
  bool in_run_state_ = false;
  bool stays_paused_ = false;
  bool transparent_ = false;  // what comes is sent on as it is
  double last_at_ = 0;        // the newest bytes of the source
  bool return_path_ = false;
  bool approved_ = false;
};

}  // namespace mig::proxy
