// SPDX-License-Identifier: GPL-2.0-or-later
// Two rules on one unit, every pair of actions in both orders: what is reported is what was sent. The
// independent truth is a parser that has seen nothing but the bytes that were sent.
#include <doctest/doctest.h>

#include <map>

#include "mig/connection_parser.hpp"
#include "mig/fields.hpp"
#include "mig/history/migration.hpp"
#include "proxy/playbook.hpp"
#include "proxy/rules/action.hpp"
#include "proxy/rules/rule_conflict.hpp"
#include "proxy/scenes.hpp"

using namespace mig;
using namespace mig::test;
using proxy::Action;
using proxy::Unit;

namespace {

/// One unit of a whole migration; `keys` narrow the rule to it.
struct PairedUnit {
  Unit unit;
  const char* keys = "";
  bool precopy = false;
};

constexpr std::array<PairedUnit, 28> paired_units{{
    {Unit::ping, ",value=2"},
    {Unit::ping, ",value=0x42"},
    {Unit::pong},
    {Unit::pong, ",value=3"},
    {Unit::page_request, ",offset=0x1000"},
    {Unit::shut},
    {Unit::package},
    {Unit::device, ",name=serial"},
    {Unit::device, ",name=apic", true},
    {Unit::section, ",name=ram,skip=2"},
    {Unit::section, ",name=globalstate"},
    {Unit::page, ",offset=0x1000"},
    {Unit::page, ",offset=0"},
    {Unit::zero_page, ",block=pc.ram"},
    {Unit::command, ",name=listen"},
    {Unit::listen},
    {Unit::run},
    {Unit::discard},
    {Unit::advise},
    {Unit::open_return_path},
    {Unit::footer, ",name=serial"},
    {Unit::footer, ",name=apic", true},
    {Unit::eof},
    {Unit::eof, "", true},
    {Unit::vm_description, "", true},
    {Unit::configuration},
    {Unit::configuration, "", true},
    {Unit::ping, ",value=4"},
}};

/// Reads bytes as their receiver does: what comes behind something it cannot read is lost to it.
class Receiver final : public EventSink {
 public:
  explicit Receiver(ConnectionParser& parser, Direction direction) : parser_(parser), direction_(direction) {}
  void on_event(const Event& event, Bytes) override {
    if (auto* migration = parser_.migration())
      migration->delivered({parser_.id(), parser_.kind(), direction_}, event, notices_);
  }

 private:
  ConnectionParser& parser_;
  Direction direction_;
  std::vector<Notice> notices_;
};

Phase phase_of(const std::vector<std::pair<Direction, Buffer>>& sent) {
  MigrationSet set;
  ConnectionParser parser(set, ConnectionId{0});
  Receiver there(parser, Direction::forward), here(parser, Direction::return_path);
  for (const auto& [direction, bytes] : sent)
    static_cast<void>(parser.feed(direction, bytes, direction == Direction::forward ? there : here));
  static_cast<void>(parser.finish(Direction::forward, there));
  static_cast<void>(parser.finish(Direction::return_path, here));
  return set.all().empty() ? Phase::setup : set.all().front().phase();
}

std::string paired_rule(const Action& action, const PairedUnit& unit) {
  return std::string(action.word) + "-" + std::string(row(unit.unit).word) + unit.keys +
         (action.needs.empty() ? "" : ",") + std::string(action.needs);
}

std::vector<const Action*> actions_on(Unit unit) {
  std::vector<const Action*> some;
  for (const auto* action : proxy::actions())
    if (!action->injects && goes_with(*action, unit)) some.push_back(action);
  return some;
}

/// A whole migration under some rules, all that was sent and all that was done.
struct PairRun {
  Playbook book;
  std::vector<Playbook::Item> done;

  PairRun(const std::vector<std::string>& rules, bool precopy, std::size_t chunk) : book(rules, chunk) {
    book.from_source(precopy ? precopy_stream() : postcopy_stream()).source_ends();
    if (!precopy) book.from_destination(postcopy_return_path()).destination_ends();
    book.time_passes();
    done = book.all_done();
  }
};

/// What each action alone does to a unit.
std::map<const Action*, std::vector<Playbook::Item>> done_alone(const PairedUnit& unit) {
  std::map<const Action*, std::vector<Playbook::Item>> done;
  for (const auto* action : actions_on(unit.unit))
    done[action] = PairRun({paired_rule(*action, unit)}, unit.precopy, 0).done;
  return done;
}

void check_pair(const PairedUnit& unit, const Action& first, const Action& second,
                const std::vector<Playbook::Item>& only_first,
                const std::vector<Playbook::Item>& only_second) {
  const std::vector<std::string> rules{paired_rule(first, unit), paired_rule(second, unit)};
  CAPTURE(rules[0]);
  CAPTURE(rules[1]);
  CAPTURE(unit.precopy);
  PairRun both(rules, unit.precopy, 0);
  // Two messages that were cut short may read as one whole by chance: that is not claimed.
  if (first.word != "truncate" || second.word != "duplicate")
    CHECK(to_string(both.book.phase()) == to_string(phase_of(both.book.sent_in_order())));
  // A rule has fired if what was done is not the same without it; of two that do the same, one has.
  const bool first_acts = only_second != both.done;
  const bool second_acts = only_first != both.done;
  if (PairRun({}, unit.precopy, 0).done == both.done) return;  // they take each other back
  if (!first_acts && !second_acts) {
    CHECK(both.book.fired(0) + both.book.fired(1) == 1);
  } else {
    CHECK((both.book.fired(0) != 0) == first_acts);
    CHECK((both.book.fired(1) != 0) == second_acts);
  }
}

}  // namespace

TEST_CASE("one rule on a unit: the phase reported is that of the bytes sent") {
  for (const auto& unit : paired_units)
    for (const auto* action : actions_on(unit.unit)) {
      const auto rule = paired_rule(*action, unit);
      CAPTURE(rule);
      CAPTURE(unit.precopy);
      for (const auto chunk : chunkings) {
        PairRun run({rule}, unit.precopy, chunk);
        CHECK(to_string(run.book.phase()) == to_string(phase_of(run.book.sent_in_order())));
        CHECK(run.book.fired() == 1);
      }
    }
}

TEST_CASE("two rules on a unit: phase and counts are those of what was sent") {
  for (const auto& unit : paired_units) {
    const auto alone = done_alone(unit);
    for (const auto& [first, only_first] : alone)
      for (const auto& [second, only_second] : alone)
        check_pair(unit, *first, *second, only_first, only_second);
  }
}

TEST_CASE(
    "drop-pong before hold-pong: nothing is held, nothing is released, the source stays in postcopy-device") {
  Playbook book({"drop-pong", "hold-pong,for=2s"});
  book.from_source(postcopy_stream()).from_destination(postcopy_return_path()).time_passes();
  CHECK(book.acted() == std::vector<std::string>{"dropped pong"});
  CHECK(book.fired(0) == 1);
  CHECK(book.fired(1) == 0);
  CHECK(book.session().rules()[1].ineffective == 1);
}

TEST_CASE("hold-pong before drop-pong: the PONG arrives, and nobody says that it was dropped") {
  Playbook book({"hold-pong,for=2s", "drop-pong"});
  book.from_source(postcopy_stream()).from_destination(postcopy_return_path()).time_passes();
  CHECK(book.acted() == std::vector<std::string>{"held pong", "released pong"});
  CHECK(book.fired(1) == 0);
  CHECK(book.phase() == Phase::completed);
}

TEST_CASE("a rule whose unit is never sent on its channel is warned about") {
  const auto sentence = [](const std::string& rule) {
    const auto all = proxy::conflicts(good_rules({rule}));
    return all.empty() ? std::string() : all.front();
  };
  CHECK(sentence("drop-pong,channel=preempt") ==
        "drop-pong,channel=preempt can never act: a pong is sent on the main channel only");
  CHECK(sentence("drop-multifd-packet,channel=main") ==
        "drop-multifd-packet,channel=main can never act: a multifd-packet is sent on multifd channels only");
  CHECK(sentence("drop-page,channel=multifd") ==
        "drop-page,channel=multifd can never act: multifd channels carry nothing but units multifd-packet");
  CHECK(sentence("flip-device,at=0,mask=1,channel=tls") ==
        "flip-device,at=0,mask=1,channel=tls can never act: no unit can be read on a TLS channel");
  // Of a closing action the channel is what ends; bytes pass on every channel.
  for (const auto* fine :
       {"reset-pong,channel=multifd", "drop-page,channel=preempt", "drop-pong,channel=main",
        "throttle-bytes,by=1MiB/s,channel=tls", "drop-multifd-packet,channel=multifd"})
    CHECK(sentence(fine).empty());
}

TEST_CASE("a rule whose units another rule takes away is warned about") {
  const auto sentence = [](const std::vector<std::string>& rules) {
    const auto all = proxy::conflicts(good_rules(rules));
    return all.empty() ? std::string() : all.front();
  };
  CHECK(sentence({"drop-page-request,times=all", "hold-page-request,for=1s"}) ==
        "hold-page-request,for=1s can never act: drop-page-request,times=all takes away each page-request "
        "that it fits");
  CHECK(sentence({"drop-pong", "hold-pong,for=2s"}) ==
        "hold-pong,for=2s acts only on a later pong: drop-pong takes away the first pong that it fits");
  CHECK(sentence({"drop-section,name=serial,times=all", "set-device,name=serial,field=version_id,to=9"}) !=
        "");
  CHECK(sentence({"reset-pong", "drop-pong"}) != "");
  // These leave the second rule its unit.
  CHECK(sentence({"delay-pong,for=1s", "drop-pong"}).empty());
  CHECK(sentence({"drop-pong,value=1", "drop-pong"}).empty());
  CHECK(sentence({"drop-pong,chance=0.5,times=all", "hold-pong,for=1s"}).empty());
  CHECK(sentence({"drop-page,phase=precopy,times=all", "duplicate-page"}).empty());
  CHECK(sentence({"reset-pong,channel=preempt", "drop-pong"}).empty());
}
