// SPDX-License-Identifier: GPL-2.0-or-later
// What the relay tells the log and the terminal.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "mig/migration.hpp"
#include "proxy/engine/output_plan.hpp"

namespace mig::proxy {

/// Which connection something happened on, as far as it is known by then.
struct Who {
  ConnectionId connection{};
  ChannelKind channel = ChannelKind::unknown;
  const Migration* migration = nullptr;
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
  stopped,  ///< migproxy was told to end
};

struct Closed {
  Ending ending = Ending::orderly;
  Direction from = Direction::forward;  ///< forward: the source was the one that reset or ended last
  Traffic traffic;
};

/// Page records that followed each other, without one that a rule touched.
struct PageRun {
  Direction direction = Direction::forward;
  std::uint64_t offset = 0;          ///< of the first record in the stream
  std::optional<SectionId> section;  ///< the RAM section they stand in; none on a preempt channel
  std::uint64_t pages = 0;           ///< with their bytes
  std::uint64_t page_bytes = 0;      ///< of those, as on the wire
  std::uint64_t zero_pages = 0;
};

class Observer {
 public:
  virtual ~Observer() = default;
  virtual void opened(const Who& who, std::string_view peer) = 0;
  virtual void connected(const Who& who, std::string_view destination) = 0;
  virtual void refused(const Who& who, std::string_view why) = 0;
  virtual void closed(const Who& who, const Closed& closed) = 0;
  /// The unit's bytes have left, or were dealt with by a rule.
  virtual void unit(const Who& who, const Note& note) = 0;
  virtual void pages(const Who& who, const PageRun& run) = 0;
  virtual void notice(const Who& who, Notice notice) = 0;
  virtual void warning(std::string_view text) = 0;
};

/// Hands everything on to several.
class Observers final : public Observer {
 public:
  void add(Observer& observer) { all_.push_back(&observer); }
  void opened(const Who& who, std::string_view peer) override {
    for (auto* each : all_) each->opened(who, peer);
  }
  void connected(const Who& who, std::string_view destination) override {
    for (auto* each : all_) each->connected(who, destination);
  }
  void refused(const Who& who, std::string_view why) override {
    for (auto* each : all_) each->refused(who, why);
  }
  void closed(const Who& who, const Closed& closed) override {
    for (auto* each : all_) each->closed(who, closed);
  }
  void unit(const Who& who, const Note& note) override {
    for (auto* each : all_) each->unit(who, note);
  }
  void pages(const Who& who, const PageRun& run) override {
    for (auto* each : all_) each->pages(who, run);
  }
  void notice(const Who& who, Notice notice) override {
    for (auto* each : all_) each->notice(who, notice);
  }
  void warning(std::string_view text) override {
    for (auto* each : all_) each->warning(text);
  }

 private:
  std::vector<Observer*> all_;
};

}  // namespace mig::proxy
