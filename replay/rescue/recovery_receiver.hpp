// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "mig/event_sink.hpp"
#include "mig/forward_parser.hpp"
#include "mig/history/page_set.hpp"
#include "mig/stream_tables.hpp"

namespace mig::replay {

/// Plays the destination of a postcopy recovery that has received no page, so that the source sends all of
/// them again. No I/O: bytes of the source in, answers and RAM sections out.
///
/// The dialogue (migration/savevm.c, migration/ram.c): RECV_BITMAP for each block, answered by a bitmap of
/// zeros; POSTCOPY_RESUME, answered by RESUME_ACK 1; then PART sections, END and EOF.
class RecoveryReceiver final : private EventSink {
 public:
  /// `tables` are those of the migration that was lost, and outlive the receiver.
  explicit RecoveryReceiver(StreamTables& tables);

  void feed(Bytes chunk);

  /// To be sent to the source, in this order. Valid until the next call.
  [[nodiscard]] std::vector<std::byte> take_answers() { return std::exchange(answers_, {}); }
  /// RAM sections as they stand in a precopy stream.
  [[nodiscard]] std::vector<std::byte> take_ram() { return std::exchange(ram_, {}); }

  /// The source has sent everything, and every page of every block is there.
  [[nodiscard]] bool complete() const noexcept { return complete_; }
  /// One sentence; empty: none. What is fed afterwards is ignored.
  [[nodiscard]] const std::string& problem() const noexcept { return problem_; }
  /// RESUME was asked for: the source accepted the bitmaps.
  [[nodiscard]] bool resumed() const noexcept { return resumed_; }
  [[nodiscard]] std::uint64_t pages() const noexcept { return pages_; }
  [[nodiscard]] std::uint64_t total_pages() const noexcept { return total_pages_; }

  /// The bytes that end the migration in order at the source: SHUT 0. Only when the guest is safe elsewhere.
  [[nodiscard]] static std::vector<std::byte> everything_received();

 private:
  void on_event(const Event& event, Bytes raw) override;
  void answer_bitmap(BlockId block);
  void command(const Command& command);
  void section(const SectionHeader& header);
  void page(const PageRecord& record);
  void inside_ram(const Event& event, Bytes raw);
  void ended();
  void complain(const std::string& what);

  StreamTables& tables_;
  ForwardParser parser_;
  std::vector<std::byte> answers_, ram_;
  [[nodiscard]] bool announced(BlockId block) const noexcept {
    return static_cast<std::uint32_t>(block) < blocks_;
  }
  /// Target pages of a block.
  [[nodiscard]] std::uint64_t pages_of(BlockId block) const noexcept;

  PageSet received_;
  std::uint32_t blocks_ = 0;  // those of the migration that was lost
  std::uint64_t pages_ = 0, total_pages_ = 0;
  std::string problem_;
  bool in_ram_ = false, resumed_ = false, complete_ = false;
};

}  // namespace mig::replay
