// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <map>
#include <memory>
#include <set>
#include <string>

#include "replay/capture_decoder.hpp"
#include "replay/send/answers.hpp"
#include "replay/send/live_connection.hpp"

namespace mig::replay {

/// Which connections of a capture belong to a migration: those that were recognised, and silent ones to the
/// same address, as a preempt channel may be.
class ChannelsOf final : public Consumer {
 public:
  explicit ChannelsOf(unsigned migration) : migration_(migration) {}
  void opened(ConnectionId id, const ConnectionInfo& info, Moment moment) override;
  void event(const EventContext& context, const Event& event, Bytes raw) override;
  void finished(Time time) override;
  [[nodiscard]] const std::set<ConnectionId>& connections() const noexcept { return connections_; }
  /// Bytes that the capture lacks, so that it cannot be played.
  [[nodiscard]] std::uint64_t missing() const noexcept { return missing_; }
  /// False: it is a recording without page contents.
  [[nodiscard]] bool pages_recorded() const noexcept { return pages_recorded_; }

 private:
  unsigned migration_;
  std::set<ConnectionId> connections_, spoken_;
  std::map<ConnectionId, Endpoint> servers_;
  std::uint64_t missing_ = 0;
  bool pages_recorded_ = true;
};

/// Plays the forward bytes of a migration into a real destination as the analysis reads them.
class Player final : public Consumer {
 public:
  struct Options {
    std::string address;
    bool fast = false;       ///< do not wait for the recorded times
    unsigned patience = 30;  ///< seconds to wait for a destination that takes nothing, and for its last word
  };
  Player(Options options, std::set<ConnectionId> connections)
      : options_(std::move(options)), connections_(std::move(connections)) {}

  void opened(ConnectionId id, const ConnectionInfo& info, Moment moment) override;
  void event(const EventContext& context, const Event& event, Bytes raw) override;
  void closed(const EventContext& context, bool reset) override;
  void finished(Time time) override;

  [[nodiscard]] const Answers& recorded() const noexcept { return recorded_; }
  [[nodiscard]] const Answers& now() const noexcept { return now_; }
  [[nodiscard]] std::uint64_t sent() const noexcept { return sent_; }
  /// Empty: all was sent. Else where it ended and why.
  [[nodiscard]] const std::string& stopped() const noexcept { return stopped_; }

 private:
  struct Channel;
  void send(Channel& channel, const EventContext& context, const Event& event, Bytes raw);
  [[nodiscard]] std::vector<LiveConnection*> all() const;
  void wait_until(Time time);

  Options options_;
  std::set<ConnectionId> connections_, ended_;
  std::map<ConnectionId, std::shared_ptr<Channel>> channels_;
  Answers recorded_, now_;
  std::uint64_t sent_ = 0;
  std::string stopped_;
  Time first_{};
  SteadyTime start_;
};

}  // namespace mig::replay
