// SPDX-License-Identifier: GPL-2.0-or-later
// One connection: the source's leg, the destination's leg, and a lane for each direction.
#pragma once
#include <array>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <span>
#include <string_view>

#include "proxy/plan/output_plan.hpp"
#include "proxy/relay/lane.hpp"
#include "proxy/relay/leg.hpp"
#include "proxy/relay/observer.hpp"

namespace mig::proxy {

class Relay;

/// Lives until both directions have ended, a peer reset it, or a rule closed it; handlers under way keep the
/// object alive, but nothing happens any more.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  /// After a rule's Close{end} and Close{absorb}: the time a peer may go on sending before its leg is closed.
  static constexpr std::chrono::seconds linger_time{1};

  Connection(Relay& relay, ConnectionId id, StreamSocket source);

  /// Runs the session's plan for a new connection, then asks for the destination.
  void open(OutputPlan plan) { lane(Direction::forward).open(std::move(plan)); }
  void request_connect();
  /// The destination's leg is connected.
  void connected(const Endpoint& destination);
  /// No destination: the source gets a reset.
  void refused(std::string_view why);
  /// Ends everything now.
  void stop() { finish(Ending::stopped, Direction::forward, false); }

  /// A rule's close in this direction.
  void close(CloseHow how, Direction direction);
  /// The peer of this leg reset it.
  void broken(Leg& leg);
  /// The receiver of this lane takes nothing any more; what it sent itself before is delivered first.
  void write_failed(Lane& lane);
  /// A lane's sender has ended.
  void lane_over();

  // What happens on the legs goes through here, so that it is counted and reported.
  void received(Direction direction, Bytes bytes);
  void sent(Direction direction, std::span<const boost::asio::const_buffer> pieces, std::size_t size);
  /// The sender of this direction has ended it.
  void sender_ended(Direction direction);
  /// End of stream for the leg's peer.
  void end_sending(Leg& leg);

  [[nodiscard]] Relay& relay() noexcept { return relay_; }
  [[nodiscard]] ConnectionId id() const noexcept { return id_; }
  [[nodiscard]] bool is_alive() const noexcept { return alive_; }
  [[nodiscard]] bool is_connected() const noexcept { return connected_; }
  [[nodiscard]] bool is_broken(const Leg& leg) const noexcept { return &leg == broken_; }
  [[nodiscard]] bool is_written_to(const Leg& leg) const noexcept {
    return (&leg == &source_ ? back_ : forward_).is_writing();
  }
  /// Open only because a black hole keeps the other peer from hearing that its partner has gone.
  [[nodiscard]] bool is_stranded() const noexcept;
  [[nodiscard]] const Traffic& traffic() const noexcept { return traffic_; }
  [[nodiscard]] Leg& source() noexcept { return source_; }
  [[nodiscard]] Leg& destination() noexcept { return destination_; }
  [[nodiscard]] Lane& lane(Direction direction) noexcept {
    return direction == Direction::forward ? forward_ : back_;
  }

 private:
  Lane& other(const Lane& lane) noexcept { return &lane == &forward_ ? back_ : forward_; }
  void reset(Leg& leg);
  [[nodiscard]] Side side(const Leg& leg) const noexcept {
    return &leg == &source_ ? Side::source : Side::destination;
  }
  /// The direction whose receiver is this leg's peer.
  [[nodiscard]] Direction towards(const Leg& leg) const noexcept {
    return &leg == &source_ ? Direction::return_path : Direction::forward;
  }
  void end_both();
  void absorb(Lane& lane);
  void finish(Ending ending, Direction from, bool reset);
  void close_later();
  void watch_black_hole();
  void look_into_black_hole();

  Relay& relay_;
  ConnectionId id_;
  Leg source_;
  Leg destination_;
  Lane forward_;
  Lane back_;
  boost::asio::steady_timer linger_;
  boost::asio::steady_timer black_hole_;
  Traffic traffic_;
  const Leg* broken_ = nullptr;  // writing to it failed
  Leg* closing_ = nullptr;       // closed when the linger time is over; nullptr: both
  bool alive_ = true;
  bool connected_ = false;
  bool connect_requested_ = false;
  bool ended_by_rule_ = false;
  bool has_black_hole_ = false;
};

}  // namespace mig::proxy
