// SPDX-License-Identifier: GPL-2.0-or-later
// Accepts connections and passes them on; brings session, connections and observers together. One thread.
#pragma once
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "proxy/engine/relay_session.hpp"
#include "proxy/relay/connection.hpp"
#include "proxy/relay/connector.hpp"
#include "proxy/relay/listener.hpp"
#include "proxy/relay/observer.hpp"

namespace mig::proxy {

struct RelayOptions {
  std::vector<Endpoint> destination;            ///< tried in this order
  bool once = false;                            ///< end with the first migration
  std::chrono::milliseconds once_grace{60000};  ///< the time a paused postcopy may wait for its recovery
  std::function<void()> on_end;                 ///< called once, when `once` is fulfilled
};

class Relay {
 public:
  /// All outlive the relay.
  Relay(boost::asio::io_context& context, Listener& listener, RelaySession& session, Observer& observer,
        RelayOptions options);
  ~Relay();  // NOLINT(bugprone-exception-escape)

  void start() { accept(); }
  /// SIGUSR1, SIGUSR2: rules may wait for them.
  void signal(int number);
  /// Ends all connections and takes no more.
  void stop();

  /// Of all connections there were.
  [[nodiscard]] Traffic traffic() const;
  [[nodiscard]] std::size_t open_connections() const noexcept { return connections_.size(); }
  [[nodiscard]] std::size_t connections_connected() const noexcept { return connected_; }
  [[nodiscard]] std::size_t connections_refused() const noexcept { return refused_; }

  // ---- for connections and their lanes

  [[nodiscard]] boost::asio::io_context& context() noexcept { return context_; }
  [[nodiscard]] RelaySession& session() noexcept { return session_; }
  [[nodiscard]] Observer& observer() noexcept { return observer_; }
  [[nodiscard]] Connector& connector() noexcept { return connector_; }
  [[nodiscard]] Who who(const Connection& connection) const;
  /// `sent`: bytes of the note's direction that had been sent by then; `at`: see Who.
  void note(const Connection& connection, const Note& note, std::uint64_t sent,
            std::chrono::steady_clock::time_point at);
  void start_timer(HoldId hold, Duration duration);
  /// A rule closes all connections of the migration that `cause` belongs to.
  void close_all(const Connection& cause, CloseHow how, Direction direction);
  void reached(const Connection& connection, const Endpoint& here, const Endpoint& destination);
  void refused(const Connection& connection, std::string_view why);
  /// Changes the number of lanes that wait for a hold's release.
  void add_waiting(int change) noexcept { waiting_lanes_ += change; }
  void gone(Connection& connection, Ending ending, Direction from, bool reset);
  /// Every handler ends with this: what the session wants of other lanes is handed to them.
  void deliver_pending();

 private:
  void accept();
  void on_accept(const boost::system::error_code& error);
  void accept_later();
  void hand_out_plans();
  bool release_waiting();
  void end_if_done();

  boost::asio::io_context& context_;
  Listener& listener_;
  RelaySession& session_;
  Observer& observer_;
  RelayOptions options_;
  Connector connector_;
  std::map<ConnectionId, std::shared_ptr<Connection>> connections_;
  StreamSocket incoming_;
  Endpoint peer_;
  boost::asio::steady_timer accept_timer_;
  boost::asio::steady_timer grace_timer_;
  Traffic traffic_;  // of connections that have ended
  std::size_t connected_ = 0;
  std::size_t refused_ = 0;
  bool migrated_ = false;  // a connection of a migration has ended
  int waiting_lanes_ = 0;
  bool delivering_ = false;
  bool grace_runs_ = false;
  bool stopping_ = false;
};

}  // namespace mig::proxy
