// SPDX-License-Identifier: GPL-2.0-or-later
// A relay on a thread of its own, between peers of the test.
#pragma once
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "peers.hpp"
#include "proxy/relay/relay.hpp"
#include "scripted_session.hpp"

namespace mig::proxy::test {

/// Keeps what the relay said, for the test's thread to wait for.
class Recorder final : public Observer {
 public:
  void on(const RelayEvent& event) override;

  /// Waits (bounded) until it was said; false when it never was.
  bool wait_for(const std::string& line);
  std::vector<std::string> lines();
  /// What has passed over a leg so far, and in pieces of which size.
  std::string moved(unsigned connection, Side side, Direction direction);
  std::vector<std::size_t> pieces(unsigned connection, Side side, Direction direction);

 private:
  void add(std::string line);
  std::mutex mutex_;
  std::condition_variable said_;
  std::vector<std::string> lines_;
  std::map<std::tuple<ConnectionId, Side, Direction>, std::vector<std::string>> carried_;
};

class RelayFixture {
 public:
  explicit RelayFixture(const std::string& destination, const std::string& listen = "127.0.0.1:0",
                        bool once = false, std::chrono::milliseconds grace = std::chrono::seconds(60));
  ~RelayFixture();

  [[nodiscard]] const std::string& address() const noexcept { return listener_.name(); }
  /// Runs on the relay's thread and waits for it.
  void on_relay(const std::function<void(Relay&)>& work);
  Recorder recorder;
  std::atomic<bool> ended = false;

 private:
  boost::asio::io_context context_{1};
  Listener listener_;
  ScriptedSession session_;
  Relay relay_;
  std::thread thread_;
};

}  // namespace mig::proxy::test
