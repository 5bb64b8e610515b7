// SPDX-License-Identifier: GPL-2.0-or-later
// A plan is carried out in whatever pieces its bytes are taken; notes come when their bytes were sent.
#include "proxy/plan/plan_runner.hpp"

#include <doctest/doctest.h>

#include "mig/fields.hpp"
#include "support/event_log.hpp"

using namespace mig;
using namespace mig::test;
using proxy::OutputPlan;
using proxy::PlanRunner;

namespace {

proxy::Note note_of(std::uint32_t ping) {
  proxy::Note note;
  note.event.body = Ping{ping, false};
  return note;
}

/// Sends at most `at_once` bytes a time; what happens, in order: bytes, "note 3 (2 behind)", "pause".
std::vector<std::string> carry_out(PlanRunner& runner, std::size_t at_once) {
  std::vector<std::string> done;
  while (const auto* step = runner.next()) {
    if (std::holds_alternative<proxy::Send>(*step)) {
      std::array<Bytes, 2> pieces;
      const auto count = runner.gather(at_once, pieces);
      std::string bytes;
      for (std::size_t i = 0; i < count; ++i) bytes += as_text(pieces[i]);
      done.push_back(bytes);
      runner.sent(bytes.size(), [&](const proxy::Note& note, std::size_t behind) {
        done.push_back("note " + std::to_string(std::get<Ping>(note.event.body).value) + " (" +
                       std::to_string(behind) + " behind)");
      });
    } else {
      done.emplace_back(std::holds_alternative<proxy::Pause>(*step) ? "pause" : "note");
      runner.step_done();
    }
  }
  return done;
}

OutputPlan plan_with_notes(Bytes bytes) {
  OutputPlan plan;
  plan.forward(bytes.first(2));
  plan.add(note_of(1));
  plan.send_copy(bytes.subspan(2, 2));
  plan.add(note_of(2));
  plan.add(proxy::Pause{std::chrono::seconds(1)});
  plan.forward(bytes.subspan(4));
  return plan;
}

using Done = std::vector<std::string>;
const Bytes six_bytes = as_bytes("abcdef");

}  // namespace

TEST_CASE("sends go together across notes, not across a pause") {
  PlanRunner runner;
  runner.enqueue(plan_with_notes(six_bytes));
  CHECK(carry_out(runner, 100) == Done{"abcd", "note 1 (2 behind)", "note 2 (0 behind)", "pause", "ef"});
  CHECK(runner.idle());
}

TEST_CASE("a note waits for its last byte") {
  PlanRunner runner;
  runner.enqueue(plan_with_notes(six_bytes));
  CHECK(carry_out(runner, 3) == Done{"abc", "note 1 (1 behind)", "d", "note 2 (0 behind)", "pause", "ef"});
}

TEST_CASE("a plan in the queue runs after the one before; one that is dropped does not run") {
  PlanRunner runner;
  OutputPlan second;
  second.send_copy(as_bytes("second"));
  runner.enqueue(plan_with_notes(six_bytes));
  runner.enqueue(second);
  CHECK(carry_out(runner, 100).back() == "second");
  runner.enqueue(plan_with_notes(six_bytes));
  runner.enqueue(std::move(second));
  REQUIRE(runner.next() != nullptr);
  static_cast<void>(runner.drop());
  CHECK(runner.next() == nullptr);
}

TEST_CASE("a plan that begins with the end of the connection does not wait behind a pause") {
  OutputPlan ends;
  ends.add(note_of(1));
  ends.add(proxy::Close{proxy::CloseHow::reset, false});
  CHECK(begins_with_close(ends));
  OutputPlan ends_one_direction;
  ends_one_direction.add(proxy::Close{proxy::CloseHow::half_close, false});
  CHECK_FALSE(begins_with_close(ends_one_direction));
  CHECK_FALSE(begins_with_close(plan_with_notes(six_bytes)));
}
