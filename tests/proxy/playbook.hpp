// SPDX-License-Identifier: GPL-2.0-or-later
// A scripted relay: rules and bytes in, what each side would see out. No sockets, no clock.
#pragma once
#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "proxy/engine/fault_session.hpp"
#include "proxy/plan/plan_runner.hpp"
#include "support/event_log.hpp"

namespace mig::test {

using namespace std::chrono_literals;

/// How the source's and the destination's bytes are cut before they are fed: whole, byte by byte, odd pieces.
inline constexpr std::array<std::size_t, 3> chunkings{0, 1, 7};

/// Parses rules that must be good.
[[nodiscard]] std::vector<proxy::FaultRule> good_rules(const std::vector<std::string>& texts);

/// Runs a FaultSession as the relay does and keeps what left each direction. Connections are numbered from 0;
/// the first is open from the start. Plans wait in line behind a WaitFor until it is released.
class Playbook {
 public:
  explicit Playbook(const std::vector<std::string>& rules, std::size_t chunk = 0,
                    proxy::SessionOptions options = {});

  /// What the functions below speak of from now on.
  Playbook& on_connection(std::uint32_t connection);
  Playbook& open();
  Playbook& from_source(Bytes bytes) { return feed(Direction::forward, bytes); }
  Playbook& from_destination(Bytes bytes) { return feed(Direction::return_path, bytes); }
  Playbook& source_ends() { return end(Direction::forward); }
  Playbook& destination_ends() { return end(Direction::return_path); }
  Playbook& idle_source();
  Playbook& signal(int number);
  /// All timers that were started run out.
  Playbook& time_passes();
  Playbook& reset_by_destination();

  Playbook& expect(Direction direction, Bytes bytes);
  Playbook& expect_to_destination(Bytes bytes) { return expect(Direction::forward, bytes); }
  Playbook& expect_to_source(Bytes bytes) { return expect(Direction::return_path, bytes); }
  Playbook& expect_pause(proxy::Duration time, Direction direction = Direction::forward);
  Playbook& expect_timer(proxy::Duration time, Direction direction = Direction::forward);
  Playbook& expect_throttle(std::uint64_t rate);
  Playbook& expect_close(proxy::CloseHow how, Direction direction = Direction::forward, bool all = false);
  /// The direction stands still and more is behind it.
  Playbook& expect_waiting(Direction direction = Direction::forward);
  /// Nothing has left that was not expected above.
  Playbook& expect_nothing_more();

  Playbook& expect_nothing_more_from(Direction direction);

  [[nodiscard]] proxy::FaultSession& session() { return session_; }
  /// Decisions other than forwarded, as "dropped pong", in the order the notes came.
  [[nodiscard]] const std::vector<std::string>& acted() const { return acted_; }
  [[nodiscard]] std::vector<std::string> warnings() { return session_.take_warnings(); }
  [[nodiscard]] Phase phase() const { return session_.migrations().all().at(0).phase(); }
  [[nodiscard]] std::uint64_t fired(std::size_t rule = 0) const { return session_.rules().at(rule).fired; }
  /// All bytes that left a direction of the connection.
  [[nodiscard]] const Buffer& sent(Direction direction) { return line(direction).sent; }

 public:
  using Item = std::variant<Buffer, proxy::Pause, proxy::StartTimer, proxy::Throttle, proxy::Close>;
  /// What was sent on the first connection, piece by piece, both directions in the order of sending.
  [[nodiscard]] const std::vector<std::pair<Direction, Buffer>>& sent_in_order() const { return in_order_; }
  /// What both directions of the connection have done and nobody has expected yet, in order.
  [[nodiscard]] std::vector<Item> all_done() const;

 private:
  /// What one direction of one connection has done, and what it still has to do.
  struct Line {
    std::deque<Item> done;
    Buffer sent;
    proxy::PlanRunner runner;
    std::deque<Buffer> chunks;  // what was fed: plans have views of it
  };

  Playbook& feed(Direction direction, Bytes bytes);
  Playbook& end(Direction direction);
  void enqueue(Line& line, proxy::OutputPlan plan);
  void send(Line& line, Direction direction);
  void note(const proxy::Note& note);
  void carry_out(Line& line, const proxy::Step& step);
  void run(Line& line, Direction direction);
  void run_all();
  Line& line(Direction direction) { return lines_[connection_][static_cast<std::size_t>(direction)]; }
  Item next(Direction direction);

  proxy::FaultSession session_;
  std::size_t chunk_;
  std::uint32_t connection_ = 0;
  std::deque<std::array<Line, 2>> lines_;
  std::vector<proxy::HoldId> timers_;
  std::vector<std::string> acted_;
  std::vector<std::pair<Direction, Buffer>> in_order_;
};

/// The forward stream still parses, to its end.
void check_readable(Bytes forward);
/// Both directions still parse.
void check_readable(Bytes forward, Bytes back);

}  // namespace mig::test
