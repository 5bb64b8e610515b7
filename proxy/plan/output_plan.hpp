// SPDX-License-Identifier: GPL-2.0-or-later
// What the relay is to do with one direction of one connection, as data. The engine writes it, the relay
// executes it, tests compare it.
#pragma once
#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "mig/bytes.hpp"
#include "mig/connection_parser.hpp"
#include "mig/events.hpp"

namespace mig::proxy {

using Duration = std::chrono::nanoseconds;

/// Names one waiting unit or one halted direction until it is released.
enum class HoldId : std::uint32_t {};
/// Index of a rule in the list the engine was given.
enum class RuleIndex : std::uint32_t {};

/// How a connection is ended. What QEMU does depends on it, so each has a name.
enum class CloseHow : std::uint8_t {
  end,         ///< orderly end of stream on both legs
  reset,       ///< TCP reset on both legs
  half_close,  ///< end of stream in this direction only; the other goes on
  absorb,      ///< the sender's leg stays open and what it sends is swallowed; the receiver's leg is closed
  blackhole,   ///< both legs stay open, nothing is forwarded any more in this direction
};

struct Send {
  Bytes bytes;
};  ///< borrowed from the chunk, or from the plan's own store
struct Pause {
  Duration duration{};
  friend bool operator==(const Pause&, const Pause&) = default;
};  ///< this direction waits
struct WaitFor {
  HoldId hold{};
};  ///< this direction waits until FaultSession::released(hold)
struct StartTimer {
  HoldId hold{};
  Duration duration{};
  friend bool operator==(const StartTimer&, const StartTimer&) = default;
};  ///< call FaultSession::release(hold) after that time
struct Throttle {
  std::uint64_t bytes_per_second = 0;
  friend bool operator==(const Throttle&, const Throttle&) = default;
};  ///< from here on; 0 = no limit
struct Close {
  CloseHow how = CloseHow::end;
  bool all_connections = false;
  friend bool operator==(const Close&, const Close&) = default;
};

/// What was done to a unit.
enum class Decision : std::uint8_t {
  forwarded,
  dropped,
  held,
  released,
  delayed,
  duplicated,
  changed,
  truncated,
  injected,
  closed,
  throttled,
};
[[nodiscard]] std::string_view to_string(Decision decision) noexcept;

/// Comes behind the last byte of the unit's header (or of the whole unit if that was buffered): when the
/// relay reaches it, those bytes were sent. It hands the note to FaultSession::delivered(), the log and the
/// trace.
struct Note {
  Event event;  ///< as received, or as sent where `decision` is changed or injected
  ConnectionId connection{};
  Direction direction = Direction::forward;
  Decision decision = Decision::forwarded;
  std::optional<RuleIndex> rule;     ///< the rule behind the decision
  bool observed = true;              ///< the receiver got what `event` says (not: dropped, garbled, cut)
  std::uint32_t trigger = 0;         ///< for FaultSession::delivered(): what waits for this unit; 0 = nothing
  std::vector<std::byte> sent_as{};  ///< the header as it was sent, if an edit changed its bytes
  std::optional<EventBody> received{};  ///< as it was received, if an edit changed it
};

using Step = std::variant<Send, Pause, WaitFor, StartTimer, Throttle, Close, Note>;

class OutputPlan {
 public:
  /// A view, merged with its neighbour where the two are adjacent in memory.
  void forward(Bytes bytes);
  /// Copies the bytes into the plan.
  void send_copy(Bytes bytes);
  /// Takes the bytes over; the view is for forward() and good until clear().
  [[nodiscard]] Bytes keep(std::vector<std::byte> bytes);
  void add(const Step& step) { steps_.push_back(step); }
  [[nodiscard]] const std::vector<Step>& steps() const noexcept { return steps_; }
  [[nodiscard]] bool empty() const noexcept { return steps_.empty(); }
  /// Forgets all steps and stored bytes, keeps the memory.
  void clear();

 private:
  std::vector<Step> steps_;
  std::deque<std::vector<std::byte>> store_;  // deque: bytes stay where they are
};

}  // namespace mig::proxy
