// SPDX-License-Identifier: GPL-2.0-or-later
#include "proxy/playbook.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <utility>

#include "mig/connection_parser.hpp"
#include "mig/fields.hpp"
#include "mig/history/migration.hpp"

namespace mig::test {

using namespace proxy;

std::vector<FaultRule> good_rules(const std::vector<std::string>& texts) {
  std::vector<FaultRule> rules;
  for (const auto& text : texts) {
    auto result = parse_rule(text);
    const auto* error = std::get_if<RuleError>(&result);
    REQUIRE_MESSAGE(error == nullptr, (error != nullptr ? to_string(*error) : ""));
    rules.push_back(std::get<FaultRule>(std::move(result)));
  }
  return rules;
}

Playbook::Playbook(const std::vector<std::string>& rules, std::size_t chunk, SessionOptions options)
    : session_(good_rules(rules), options), chunk_(chunk) {
  open();
}

Playbook& Playbook::on_connection(std::uint32_t connection) {
  connection_ = connection;
  return *this;
}

Playbook& Playbook::open() {
  OutputPlan plan;
  connection_ = static_cast<std::uint32_t>(session_.open_connection(plan));
  lines_.emplace_back();
  enqueue(line(Direction::forward), std::move(plan));
  run_all();
  return *this;
}

Playbook& Playbook::feed(Direction direction, Bytes bytes) {
  const auto size = chunk_ == 0 ? std::max<std::size_t>(bytes.size(), 1) : chunk_;
  for (std::size_t at = 0; at < bytes.size(); at += size) {
    const auto piece = bytes.subspan(at, std::min(size, bytes.size() - at));
    const Buffer& chunk = line(direction).chunks.emplace_back(piece.begin(), piece.end());
    OutputPlan plan;
    session_.feed(ConnectionId{connection_}, direction, chunk, plan);
    enqueue(line(direction), std::move(plan));
    run_all();
  }
  return *this;
}

Playbook& Playbook::end(Direction direction) {
  OutputPlan plan;
  session_.end_of_stream(ConnectionId{connection_}, direction, plan);
  enqueue(line(direction), std::move(plan));
  run_all();
  return *this;
}

Playbook& Playbook::idle_source() {
  OutputPlan plan;
  session_.idle(ConnectionId{connection_}, Direction::forward, plan);
  enqueue(line(Direction::forward), std::move(plan));
  run_all();
  return *this;
}

Playbook& Playbook::signal(int number) {
  session_.signal(number);
  run_all();
  return *this;
}

Playbook& Playbook::time_passes() {
  for (const auto hold : std::exchange(timers_, {})) session_.release(hold);
  run_all();
  return *this;
}

Playbook& Playbook::reset_by_destination() {
  static_cast<void>(session_.closed(ConnectionId{connection_}, Direction::return_path, true));
  run_all();
  return *this;
}

/// As the relay does: what ends the connection does not wait behind a hold.
void Playbook::enqueue(Line& line, OutputPlan plan) {
  if (begins_with_close(plan)) line.runner.drop();
  line.runner.enqueue(std::move(plan));
}

void Playbook::send(Line& line, Direction direction) {
  std::array<Bytes, 4> pieces;
  const auto count = line.runner.gather(static_cast<std::size_t>(-1), pieces);
  Buffer bytes;
  for (std::size_t i = 0; i < count; ++i) bytes.insert(bytes.end(), pieces[i].begin(), pieces[i].end());
  line.sent.insert(line.sent.end(), bytes.begin(), bytes.end());
  in_order_.emplace_back(direction, bytes);
  auto* last = line.done.empty() ? nullptr : std::get_if<Buffer>(&line.done.back());
  if (last != nullptr) {
    last->insert(last->end(), bytes.begin(), bytes.end());
  } else if (!bytes.empty()) {
    line.done.emplace_back(bytes);
  }
  line.runner.sent(bytes.size(), [this](const Note& said, std::size_t /*behind*/) { note(said); });
}

void Playbook::note(const Note& note) {
  if (note.decision != Decision::forwarded)
    acted_.push_back(std::string(to_string(note.decision)) + " " + std::string(unit_name(note.event.body)));
  static_cast<void>(session_.delivered(note));
}

void Playbook::carry_out(Line& line, const Step& step) {
  if (const auto* said = std::get_if<Note>(&step)) {
    note(*said);
  } else if (const auto* timer = std::get_if<StartTimer>(&step)) {
    timers_.push_back(timer->hold);
    line.done.emplace_back(*timer);
  } else if (const auto* pause = std::get_if<Pause>(&step)) {
    line.done.emplace_back(*pause);
  } else if (const auto* throttle = std::get_if<Throttle>(&step)) {
    line.done.emplace_back(*throttle);
  } else if (const auto* close = std::get_if<Close>(&step)) {
    line.done.emplace_back(*close);
  }
}

void Playbook::run(Line& line, Direction direction) {
  while (const auto* step = line.runner.next()) {
    if (const auto* wait = std::get_if<WaitFor>(step); wait != nullptr && !session_.released(wait->hold))
      return;
    if (std::holds_alternative<Send>(*step)) {
      send(line, direction);
    } else {
      line.runner.step_done();
      carry_out(line, *step);
    }
  }
}

void Playbook::run_all() {
  for (bool more = true; more;) {
    for (auto& pair : lines_)
      for (const auto d : {Direction::forward, Direction::return_path})
        run(pair[static_cast<std::size_t>(d)], d);
    more = false;
    while (auto pending = session_.take_pending()) {
      enqueue(
          lines_[static_cast<std::size_t>(pending->connection)][static_cast<std::size_t>(pending->direction)],
          std::move(pending->plan));
      more = true;
    }
  }
  for (auto& pair : lines_)  // a release may have come from another line
    for (const auto d : {Direction::forward, Direction::return_path})
      run(pair[static_cast<std::size_t>(d)], d);
}

std::vector<Playbook::Item> Playbook::all_done() const {
  std::vector<Item> all;
  for (const auto& line : lines_[connection_]) all.insert(all.end(), line.done.begin(), line.done.end());
  return all;
}

Playbook::Item Playbook::next(Direction direction) {
  auto& done = line(direction).done;
  REQUIRE_FALSE(done.empty());
  auto item = std::move(done.front());
  done.pop_front();
  return item;
}

Playbook& Playbook::expect(Direction direction, Bytes bytes) {
  const auto item = next(direction);
  const auto* sent = std::get_if<Buffer>(&item);
  REQUIRE(sent != nullptr);
  const auto differ = std::mismatch(sent->begin(), sent->end(), bytes.begin(), bytes.end());
  CHECK_MESSAGE(std::ranges::equal(*sent, bytes), "sent ", sent->size(), " bytes, expected ", bytes.size(),
                ", the first difference is at ", differ.first - sent->begin());
  return *this;
}

Playbook& Playbook::expect_pause(Duration time, Direction direction) {
  const auto item = next(direction);
  REQUIRE(std::holds_alternative<Pause>(item));
  CHECK(std::get<Pause>(item).duration == time);
  return *this;
}

Playbook& Playbook::expect_timer(Duration time, Direction direction) {
  const auto item = next(direction);
  REQUIRE(std::holds_alternative<StartTimer>(item));
  CHECK(std::get<StartTimer>(item).duration == time);
  return *this;
}

Playbook& Playbook::expect_throttle(std::uint64_t rate) {
  const auto item = next(Direction::forward);
  REQUIRE(std::holds_alternative<Throttle>(item));
  CHECK(std::get<Throttle>(item).bytes_per_second == rate);
  return *this;
}

Playbook& Playbook::expect_close(CloseHow how, Direction direction, bool all) {
  const auto item = next(direction);
  REQUIRE(std::holds_alternative<Close>(item));
  CHECK(std::get<Close>(item).how == how);
  CHECK(std::get<Close>(item).all_connections == all);
  return *this;
}

Playbook& Playbook::expect_waiting(Direction direction) {
  CHECK(line(direction).done.empty());
  CHECK_FALSE(line(direction).runner.idle());
  return *this;
}

Playbook& Playbook::expect_nothing_more() {
  for (const auto& pair : lines_)
    for (const auto& line : pair) CHECK(line.done.empty());
  return *this;
}

Playbook& Playbook::expect_nothing_more_from(Direction direction) {
  CHECK(line(direction).done.empty());
  return *this;
}

void check_readable(Bytes forward) { check_readable(forward, {}); }

void check_readable(Bytes forward, Bytes backward) {
  MigrationSet set;
  ConnectionParser parser(set, ConnectionId{0});
  EventLog there, back_log;
  static_cast<void>(parser.feed(Direction::forward, forward, there));
  static_cast<void>(parser.feed(Direction::return_path, backward, back_log));
  for (const auto direction : {Direction::forward, Direction::return_path}) {
    const auto error = parser.finish(direction, direction == Direction::forward ? there : back_log);
    const bool nothing = direction == Direction::return_path && backward.empty();
    const bool good = !error || nothing;
    CHECK_MESSAGE(good, to_string(direction), " unreadable at ", (error ? error->offset : 0), ": ",
                  (error ? to_string(error->code) : ""));
  }
}

}  // namespace mig::test
