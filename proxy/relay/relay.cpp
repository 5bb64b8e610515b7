// SPDX-License-Identifier: GPL-2.0-or-later
#include "proxy/relay/relay.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace mig::proxy {

using boost::system::error_code;

Relay::Relay(boost::asio::io_context& context, Listener& listener, RelaySession& session, Observer& observer,
             RelayOptions options)
    : context_(context),
      listener_(listener),
      session_(session),
      observer_(observer),
      options_(std::move(options)),
      connector_(context, options_.destination),
      incoming_(context),
      accept_timer_(context),
      grace_timer_(context) {}

Relay::~Relay() { stop(); }  // NOLINT(bugprone-exception-escape): without memory all ends here

void Relay::accept() {
  listener_.acceptor().async_accept(incoming_, peer_, [this](const error_code& error) { on_accept(error); });
}

void Relay::on_accept(const error_code& error) {
  if (stopping_ || error == boost::asio::error::operation_aborted) return;
  if (error) {
    observer_.on(Warned{"cannot accept a connection: " + error.message()});
    return accept_later();
  }
  grace_timer_.cancel();
  grace_runs_ = false;
  OutputPlan plan;
  const ConnectionId id = session_.open_connection(plan);
  auto connection = std::make_shared<Connection>(*this, id, std::exchange(incoming_, StreamSocket(context_)));
  connections_.emplace(id, connection);
  error_code ignored;
  observer_.on(Opened{who(*connection), peer_, connection->source().socket().local_endpoint(ignored)});
  connection->open(std::move(plan));
  deliver_pending();
  accept();
}

/// Mostly too many open files: they will become fewer.
void Relay::accept_later() {
  accept_timer_.expires_after(std::chrono::milliseconds(100));
  accept_timer_.async_wait([this](const error_code& error) {
    if (!error && !stopping_) accept();
  });
}

void Relay::signal(int number) {
  session_.signal(number);
  deliver_pending();
}

void Relay::stop() {
  if (std::exchange(stopping_, true)) return;
  listener_.close();
  accept_timer_.cancel();
  grace_timer_.cancel();
  const auto all = connections_;
  for (const auto& [id, connection] : all) connection->stop();
}

Traffic Relay::traffic() const {
  Traffic sum = traffic_;
  for (const auto& [id, connection] : connections_) {
    for (std::size_t i = 0; i < sum.sent.size(); ++i) {
      sum.received[i] += connection->traffic().received[i];
      sum.sent[i] += connection->traffic().sent[i];
    }
  }
  return sum;
}

Who Relay::who(const Connection& connection) const {
  const ConnectionParser& parser = session_.connection(connection.id());
  return {.connection = connection.id(), .channel = parser.kind(), .migration = parser.migration()};
}

void Relay::note(const Connection& connection, const Note& note, std::uint64_t sent,
                 std::chrono::steady_clock::time_point at) {
  const auto& notices = session_.delivered(note);
  Who from = who(connection);
  from.at = at;
  observer_.on(UnitDone{from, note, sent});
  for (const Notice notice : notices) observer_.on(NoticeRaised{from, notice});
}

void Relay::start_timer(HoldId hold, Duration duration) {
  auto timer = std::make_shared<boost::asio::steady_timer>(context_);
  timer->expires_after(std::chrono::duration_cast<std::chrono::steady_clock::duration>(duration));
  timer->async_wait([this, hold, timer](const error_code& error) {
    if (error || stopping_) return;
    session_.release(hold);
    deliver_pending();
  });
}

void Relay::close_all(const Connection& cause, CloseHow how, Direction direction) {
  std::vector<std::shared_ptr<Connection>> all;
  for (const auto& [id, connection] : connections_)
    if (session_.belong_together(cause.id(), id)) all.push_back(connection);
  for (const auto& connection : all)
    if (connection->is_alive()) connection->close(how, direction);
}

void Relay::reached(const Connection& connection, const Endpoint& here, const Endpoint& destination) {
  ++connected_;
  observer_.on(Connected{who(connection), here, destination});
}

void Relay::refused(const Connection& connection, std::string_view why) {
  ++refused_;
  observer_.on(Refused{who(connection), why});
}

void Relay::gone(Connection& connection, Ending ending, Direction from, bool reset) {
  const Who last = who(connection);
  const Traffic& traffic = connection.traffic();
  const auto& notices = session_.closed(connection.id(), from, reset);
  observer_.on(Closed{last, ending, from, traffic, reset});
  for (const Notice notice : notices) observer_.on(NoticeRaised{last, notice});
  for (std::size_t i = 0; i < traffic_.sent.size(); ++i) {
    traffic_.received[i] += traffic.received[i];
    traffic_.sent[i] += traffic.sent[i];
  }
  // A probe of a port scanner or a health check is no migration. What TLS hides may be one.
  migrated_ = migrated_ || last.migration != nullptr || last.channel == ChannelKind::tls;
  connections_.erase(connection.id());
}

void Relay::deliver_pending() {
  if (std::exchange(delivering_, true)) return;
  do {
    hand_out_plans();
  } while (release_waiting());
  delivering_ = false;
  for (const std::string& warning : session_.take_warnings()) observer_.on(Warned{warning});
  if (options_.once) end_if_done();
}

void Relay::hand_out_plans() {
  while (auto pending = session_.take_pending()) {
    const auto found = connections_.find(pending->connection);
    if (found == connections_.end()) continue;
    const auto connection = found->second;
    Lane& lane = connection->lane(pending->direction);
    lane.enqueue(std::move(pending->plan));
    if (connection->is_alive()) lane.run_ready();
  }
}

/// Lanes that wait until a hold is released; true if one continued, which may lead to more.
bool Relay::release_waiting() {
  if (waiting_lanes_ == 0) return false;
  bool any = false;
  const auto all = connections_;
  for (const auto& [id, connection] : all) {
    for (const Direction direction : {Direction::forward, Direction::return_path}) {
      Lane& lane = connection->lane(direction);
      const auto hold = lane.awaited_hold();
      if (!hold || !connection->is_alive() || !session_.released(*hold)) continue;
      any = true;
      lane.hold_released();
    }
  }
  return any;
}

void Relay::end_if_done() {
  if (stopping_ || !migrated_ || !options_.on_end) return;
  for (const auto& [id, connection] : connections_) {
    if (!connection->is_stranded()) return;
  }
  const auto& migrations = session_.migrations().all();
  const bool waits_for_recovery =
      !migrations.empty() &&
      (migrations.front().phase() == Phase::postcopy_paused || migrations.front().phase() == Phase::recovery);
  if (!waits_for_recovery) return std::exchange(options_.on_end, nullptr)();
  if (std::exchange(grace_runs_, true)) return;
  grace_timer_.expires_after(options_.once_grace);
  grace_timer_.async_wait([this](const error_code& error) {
    if (!error && options_.on_end) std::exchange(options_.on_end, nullptr)();
  });
}

}  // namespace mig::proxy
