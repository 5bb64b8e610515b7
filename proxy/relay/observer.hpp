// SPDX-License-Identifier: GPL-2.0-or-later
// What the relay reports to the log, the terminal and the recording: one list of events, as data.
#pragma once
#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "mig/history/migration.hpp"
#include "mig/history/page_run.hpp"
#include "mig/history/verdict.hpp"
#include "proxy/plan/output_plan.hpp"
#include "proxy/relay/address.hpp"

namespace mig::proxy {

/// Which connection something happened on, as far as it is known by then.
struct Who {
  ConnectionId connection{};
  ChannelKind channel = ChannelKind::unknown;
  const Migration* migration = nullptr;
  /// When: of what was sent, when that write began. Whatever reads the other end may be quicker than the
  /// relay.
  std::chrono::steady_clock::time_point at = std::chrono::steady_clock::now();
};

/// Bytes by direction: index with static_cast<std::size_t>(Direction).
struct Traffic {
  std::array<std::uint64_t, 2> received{};  ///< read from the sender
  std::array<std::uint64_t, 2> sent{};      ///< written to the receiver
};

enum class Ending : std::uint8_t {
  orderly,  ///< both directions reached their end of stream
  reset,    ///< a peer reset the connection
  fault,    ///< a rule ended it
  stopped,  ///< migproxy ended
};

/// A connection has two of them, each a socket of its own: to the source and to the destination.
enum class Side : std::uint8_t { source, destination };

// ---- the events; what they refer to is borrowed for the call

struct Opened {
  const Who& who;
  const Endpoint& source;
  const Endpoint& here;
};
struct Connected {
  const Who& who;
  const Endpoint& here;
  const Endpoint& destination;
};
struct Refused {
  const Who& who;
  std::string_view why;
};
struct Closed {
  const Who& who;
  Ending ending = Ending::orderly;
  Direction from = Direction::forward;  ///< forward: the source was the one that reset or ended last
  const Traffic& traffic;
  bool reset = false;
};
/// The unit's bytes were sent, or a rule has acted on it.
struct UnitDone {
  const Who& who;
  const Note& note;
  std::uint64_t sent = 0;  ///< bytes of this direction that had been sent by then
};
/// Page records that followed each other, without one that a rule touched.
struct PagesDone {
  const Who& who;
  Direction direction = Direction::forward;
  std::optional<SectionId> section;  ///< the RAM section that they are in; none on a preempt channel
  const PageRun& run;
};
struct NoticeRaised {
  const Who& who;
  Notice notice;
};
/// The main connection of a migration has ended: who may be running the guest.
struct Judged {
  const Who& who;
  const Verdict& verdict;
};
struct Warned {
  std::string_view text;
};
struct Signalled {
  std::string_view name;
};
/// Bytes on one leg: read from its peer where the peer is the direction's sender, else written to it. What
/// was read is announced before any of it is sent on.
struct BytesMoved {
  ConnectionId connection{};
  Side side = Side::source;
  Direction direction = Direction::forward;
  Bytes bytes;
};
/// On one leg this direction has ended, or the whole leg was reset by the direction's sender.
struct LegEnded {
  ConnectionId connection{};
  Side side = Side::source;
  Direction direction = Direction::forward;
  bool reset = false;
};

using RelayEvent = std::variant<Opened, Connected, Refused, Closed, UnitDone, PagesDone, NoticeRaised, Judged,
                                Warned, Signalled, BytesMoved, LegEnded>;

class Observer {
 public:
  virtual ~Observer() = default;
  virtual void on(const RelayEvent& event) = 0;
};

/// Hands everything on to several.
class Observers final : public Observer {
 public:
  void add(Observer& observer) { all_.push_back(&observer); }
  void on(const RelayEvent& event) override {
    for (auto* each : all_) each->on(event);
  }

 private:
  std::vector<Observer*> all_;
};

}  // namespace mig::proxy
