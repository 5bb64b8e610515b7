// SPDX-License-Identifier: GPL-2.0-or-later
// What a guest says on its serial port. Who counts, runs; and the guest itself knows whether its memory is
// right.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "validate/base/clock.hpp"

namespace mig::validate {

/// Ticks that were read at one moment: `first` to `last`, `count` of them.
struct TickBatch {
  Seconds at = 0;
  std::uint32_t first = 0;
  std::uint32_t last = 0;
  std::uint32_t count = 0;

  friend bool operator==(const TickBatch&, const TickBatch&) = default;
};

/// The guest goes over its memory in rounds and verifies each page.
struct MemoryCheck {
  struct Round {
    Seconds at = 0;  ///< when it was told to be over, and without a fault
    std::uint32_t number = 0;
  };
  std::vector<Round> verified;
  std::vector<std::uint32_t> bad_pages;  ///< guest addresses, as told; the first ones of each round
  std::uint32_t bad_rounds = 0;

  [[nodiscard]] bool damaged() const { return !bad_pages.empty() || bad_rounds != 0; }
};

/// Reads the guest's lines: "T 0000002a" a tick, "V 00000003" a round over its memory was right, "M 00103000"
/// a page was not, "B 00000003" a round was not. A guest may be moved in the middle of a line: such halves
/// are passed over.
class GuestConsole {
 public:
  /// The ticks completed by `text`, if any. `at` is when it was read.
  std::optional<TickBatch> feed(std::string_view text, Seconds at);
  /// A tick that was not one more than the tick before it: the guest's time jumped, or output was lost.
  [[nodiscard]] std::uint32_t jumps() const { return jumps_; }
  [[nodiscard]] const MemoryCheck& memory() const { return memory_; }

 private:
  void take(std::string_view line, Seconds at, std::optional<TickBatch>& batch);
  void take_tick(std::uint32_t tick, Seconds at, std::optional<TickBatch>& batch);

  std::string partial_;
  std::optional<std::uint32_t> last_;
  std::uint32_t jumps_ = 0;
  MemoryCheck memory_;
};

struct TickSummary {
  std::uint32_t count = 0;
  std::uint32_t first = 0;  ///< meaningless when count is 0
  std::uint32_t last = 0;
};

/// The ticks read after `from`, up to and including `to`.
[[nodiscard]] TickSummary ticks_between(const std::vector<TickBatch>& ticks, Seconds from, Seconds to);
/// Rounds told to be right after `from`, up to and including `to`.
[[nodiscard]] std::size_t verified_between(const MemoryCheck& memory, Seconds from, Seconds to);

/// "tick 42"
[[nodiscard]] std::string tick_text(std::uint32_t tick);

}  // namespace mig::validate
