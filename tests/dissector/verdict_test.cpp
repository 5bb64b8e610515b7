// SPDX-License-Identifier: GPL-2.0-or-later
// Who may be running the guest: stories whose ends were seen with real QEMUs (docs/verdicts.md).
#include "mig/history/verdict.hpp"

#include "dissector/helpers.hpp"
#include "mig/connection_parser.hpp"
#include "mig/history/migration.hpp"

using namespace mig;
using namespace mig::test;
using S = StreamBuilder;
using R = ReturnPathBuilder;

namespace {

using Runners = std::vector<Runner>;
constexpr auto by_source = Peer::source;
constexpr auto by_destination = Peer::destination;

/// One main connection, seen from one place. A millisecond goes by with each call.
class Tale final : private EventSink {
 public:
  Tale& source(const S& bytes) { return feed(Direction::forward, bytes); }
  Tale& destination(const R& bytes) { return feed(Direction::return_path, bytes); }
  Tale& answers(const S& bytes) { return feed(Direction::return_path, bytes); }
  Tale& resets(Peer who) { return ends(who, true); }
  Tale& closes(Peer who) { return ends(who, false); }
  Tale& waits() {  // a second
    now_ += 1'000'000'000;
    return *this;
  }
  Tale& reconnects() {
    parser_.emplace(set_, ConnectionId{++next_});
    note_reconnect(facts);
    return *this;
  }
  [[nodiscard]] Verdict verdict(const Vantage& vantage = {.silent = true}) const {
    return mig::verdict(facts, vantage);
  }
  [[nodiscard]] Runners possible(const Vantage& vantage = {.silent = true}) const {
    return verdict(vantage).possible;
  }
  [[nodiscard]] mig::Outcome outcome(const Vantage& vantage = {.silent = true}) const {
    return verdict(vantage).outcome;
  }

  Facts facts;

 private:
  void on_event(const Event& event, Bytes) override {
    note(facts, {parser_->id(), parser_->kind(), direction_, event.range.begin, {now_, 1}}, event,
         set_.all().front().tables());
  }
  Tale& feed(Direction direction, Bytes bytes) {
    now_ += 1'000'000;
    direction_ = direction;
    static_cast<void>(parser_->feed(direction, bytes, *this));
    return *this;
  }
  Tale& ends(Peer who, bool reset) {
    now_ += 1'000'000;
    note_end(facts, ChannelKind::main, {who, reset, {now_, 1}});
    return *this;
  }

  MigrationSet set_;
  std::uint32_t next_ = 0;
  std::optional<ConnectionParser> parser_{std::in_place, set_, ConnectionId{0}};
  Direction direction_ = Direction::forward;
  std::int64_t now_ = 1'000'000'000'000;
};

S setup(bool return_path = true) {
  S s;
  s.file_header().configuration();
  if (return_path) s.open_return_path().ping(1);
  return s.ram_setup(1, {{"pc.ram", 0x40000}});
}
S advised() {
  return S().file_header().configuration().open_return_path().ping(1).advise().ram_setup(
      1, {{"pc.ram", 0x40000}});
}
S pages() { return S().section_part(1).page("pc.ram", 0).eos().footer(1); }
S old_package() { return S().package(S().listen().device(6, "apic").ping(3).run()); }
S new_package() { return S().package(postcopy_package()); }
S end_of_ram() { return S().section_end(1).eos().footer(1); }
Tale in_package(const S& package) {
  Tale t;
  t.source(advised()).source(pages()).source(S().switchover_start()).source(package);
  return t;
}

}  // namespace

TEST_CASE("a migration that goes well: the destination alone, and nothing left to decide") {
  auto t = in_package(new_package());
  t.destination(R().pong(1).pong(3).pong(0x42))
      .source(end_of_ram())
      .source(S().eof())
      .destination(R().shut());
  CHECK(t.outcome() == mig::Outcome::migrated);
  CHECK(t.possible() == Runners{Runner::destination});
  CHECK(t.verdict().would_decide.empty());
}

TEST_CASE(
    "a device does not load: a source that waits for PONG 0x42 goes on, an older one has lost the guest") {
  auto later = in_package(new_package());
  later.source(pages()).destination(R().pong(1).shut(1)).resets(by_destination);
  CHECK(later.outcome() == mig::Outcome::recovered);
  CHECK(later.possible() == Runners{Runner::source});
  auto older = in_package(old_package());
  older.source(pages()).destination(R().pong(1).shut(1)).resets(by_destination);
  CHECK(older.outcome() == mig::Outcome::lost);
  CHECK(older.possible() == Runners{Runner::nobody});
  CHECK(older.verdict().next.front() == "do not destroy the source: it holds the newest memory");
}

TEST_CASE("a destination that ends without a word, before and after it has loaded the package") {
  for (const bool reset : {true, false}) {
    CAPTURE(reset);
    auto before = in_package(new_package());
    reset ? before.resets(by_destination) : before.closes(by_destination);
    CHECK(before.possible() == Runners{Runner::source});
    auto after = in_package(new_package());
    after.destination(R().pong(1).pong(3).pong(0x42)).waits();
    reset ? after.resets(by_destination) : after.closes(by_destination);
    CHECK(after.possible() == Runners{Runner::nobody});
  }
}

TEST_CASE("the link breaks between the package and its answer: the destination may have started the guest") {
  auto t = in_package(new_package());
  t.resets(by_source);
  CHECK(t.possible() == Runners{Runner::both, Runner::source});
  CHECK_FALSE(t.verdict().would_decide.empty());
}

TEST_CASE("a message that the source refuses to read makes it resume") {
  auto t = in_package(new_package());
  t.destination(R().pong(1).pong(3)).answers(S().raw({0, 0x99, 0, 4, 0, 0, 0, 0}));
  CHECK(t.verdict().source.runs);
}

TEST_CASE("precopy without a return path: the source completes whatever becomes of the destination") {
  Tale t;
  t.source(setup(false)).source(pages()).source(end_of_ram()).source(S().eof().vm_description("{}"));
  SUBCASE("closed in good order") {
    t.closes(by_source).closes(by_destination);
    CHECK(t.outcome() == mig::Outcome::migrated);
    CHECK(t.possible() == Runners{Runner::destination});
  }
  SUBCASE("reset by the destination: it did not load") {
    t.resets(by_destination);
    CHECK(t.outcome() == mig::Outcome::lost);
    CHECK(t.possible() == Runners{Runner::nobody});
  }
  SUBCASE("reset by the destination when the source had closed") {
    t.closes(by_source).resets(by_destination);
    CHECK(t.possible() == Runners{Runner::nobody});
  }
}

TEST_CASE("precopy without a return path, reset within the VM description: the source may have failed, too") {
  Tale t;
  const S all = S().eof().vm_description("{\"devices\":[]}");
  t.source(setup(false)).source(pages()).source(end_of_ram());
  t.source(S().raw(Bytes(all).first(all.size() - 4))).resets(by_destination);
  CHECK(t.outcome() == mig::Outcome::lost);
  CHECK(t.possible() == Runners{Runner::nobody, Runner::source});
}

TEST_CASE("SHUT lost: the destination runs the guest and the source takes it back") {
  Tale t;
  t.source(setup()).source(pages()).source(end_of_ram()).source(S().eof()).closes(by_source);
  CHECK(t.possible() == Runners{Runner::both, Runner::source});
}

TEST_CASE("cancelled: the source ends it, and the destination's SHUT 1 is the consequence") {
  Tale t;
  t.source(setup()).source(pages()).closes(by_source).destination(R().pong(1).shut(1));
  CHECK(t.outcome() == mig::Outcome::recovered);
  CHECK(t.possible() == Runners{Runner::source});
  CHECK(t.verdict().source.reason ==
        "ended the stream itself before it was complete: cancelled, or its process ended");
}

TEST_CASE("a capture that ends while the destination does not read: what the source does is not certain") {
  for (const bool return_path : {true, false}) {
    CAPTURE(return_path);
    Tale t;
    t.source(setup(return_path)).source(pages());
    CHECK(t.possible() == Runners{Runner::source});
    t.facts.backlog[0] = Backlog{65536, {}, true};
    CHECK(t.possible() == Runners{Runner::source, Runner::nobody});
  }
}

TEST_CASE("a background snapshot does not hand the guest over") {
  Tale t;
  t.source(setup(false)).source(pages()).source(S().device(6, "apic").eof().vm_description("{}"));
  CHECK(t.possible({.stream_file = true, .silent = true}) == Runners{Runner::source});
}

TEST_CASE("a recovery takes up what had ended") {
  auto t = in_package(new_package());
  t.destination(R().pong(1).pong(3).pong(0x42)).resets(by_source);
  CHECK(t.possible() == Runners{Runner::nobody, Runner::destination});
  CHECK(t.outcome() == mig::Outcome::paused);
  CHECK(t.possible({.request_open = true, .silent = true}) ==
        Runners{Runner::nobody, Runner::destination});  // how many CPUs?
  t.reconnects().source(S().recv_bitmap_request("pc.ram")).source(S().resume()).destination(R().resume_ack());
  t.source(S().section_part(1).eos().footer(1))
      .source(end_of_ram())
      .source(S().eof())
      .destination(R().shut());
  CHECK(t.outcome() == mig::Outcome::migrated);
}

TEST_CASE("what was not seen is not certain") {
  Tale t;
  t.source(setup()).source(pages());
  t.facts.gaps[0] = true;
  CHECK_FALSE(t.verdict().certain());
  t.facts.gaps[0] = false;
  t.facts.from_the_start = false;
  CHECK_FALSE(t.verdict().certain());
}

TEST_CASE("a capture that ends while the migration moves is not certain of what came after") {
  Tale t;
  t.source(setup()).source(pages());
  CHECK(t.outcome({.silent = false}) == mig::Outcome::running);
  CHECK(t.possible({.silent = false}).front() == Runner::source);
  CHECK_FALSE(t.verdict({.silent = false}).certain());
}

TEST_CASE("one leg of a proxy: what the proxy did on the other one is not taken for the other side's") {
  Tale t;
  t.source(setup()).source(pages()).source(end_of_ram()).source(S().eof()).closes(by_destination);
  CHECK(t.possible({.viewpoint = Viewpoint::source}) == Runners{Runner::source});
  CHECK(t.possible({.viewpoint = Viewpoint::source, .deeds = {.shut = true}}) ==
        Runners{Runner::source, Runner::both});
  auto loaded = in_package(new_package());
  loaded.destination(R().pong(1).pong(3).pong(0x42)).resets(by_source);
  CHECK(loaded.possible({.viewpoint = Viewpoint::destination, .deeds = {.pong = true}}) ==
        Runners{Runner::nobody, Runner::destination, Runner::source, Runner::both});
}

TEST_CASE("one leg of a proxy: what it surely took away, the one side sent and the other one did not get") {
  const Sighting taken = When{1'000'000'500'000, 9};
  Tale t;
  t.source(setup()).source(pages()).source(end_of_ram()).source(S().eof()).closes(by_destination);
  CHECK(t.possible({.viewpoint = Viewpoint::source, .deeds = {.cut = true, .shut_taken = taken}}) ==
        Runners{Runner::both});
  auto said = in_package(new_package());
  said.destination(R().pong(1).pong(3).pong(0x42)).waits();
  SUBCASE("SHUT 0 did not reach the source") {
    t.destination(R().shut());
    CHECK(t.possible({.viewpoint = Viewpoint::destination, .deeds = {.shut_taken = taken}}) ==
          Runners{Runner::both});
  }
  SUBCASE("PONG 0x42 did not reach the source, and the link ends: it resumes") {
    said.resets(by_source);
    CHECK(said.possible({.viewpoint = Viewpoint::destination, .deeds = {.pong_taken = taken}}) ==
          Runners{Runner::source, Runner::both});
  }
  SUBCASE("nothing of the package came: new sources resume, old ones have given the guest up") {
    Tale bare;
    bare.source(advised()).source(pages()).source(S().switchover_start()).waits().source(pages());
    bare.resets(by_source);
    Vantage v{.viewpoint = Viewpoint::destination, .deeds = {.package_taken = taken}};
    CHECK(bare.possible(v) == Runners{Runner::nobody});
    v.deeds.ping_loaded_taken = true;
    CHECK(bare.possible(v) == Runners{Runner::source});
  }
  SUBCASE("a connection that is absorbed on one side only is open on the other one") {
    Tale bare;
    bare.source(advised()).source(pages()).resets(by_source);
    CHECK(bare.possible({.viewpoint = Viewpoint::destination, .deeds = {.cut = true}}) ==
          Runners{Runner::source});
    bare.source(S().switchover_start());
    CHECK(bare.possible({.viewpoint = Viewpoint::destination, .deeds = {.cut = true, .one_leg_only = true}})
              .size() == 2);
  }
}

TEST_CASE("the destination's leg: what it answered when a proxy had cut may not have reached the source") {
  auto t = in_package(new_package());
  t.destination(R().pong(1).pong(3).pong(0x42)).resets(by_source);
  const Vantage plain{.viewpoint = Viewpoint::destination},
      cut{.viewpoint = Viewpoint::destination, .deeds = {.cut = true}};
  const auto has_source = [&](const Vantage& v) {
    const auto all = t.possible(v);
    return std::find(all.begin(), all.end(), Runner::source) != all.end();
  };
  CHECK_FALSE(has_source(plain));
  CHECK(has_source(cut));
  t.destination(R().shut());
  CHECK(t.possible(plain) == Runners{Runner::destination});
  CHECK(t.possible({.viewpoint = Viewpoint::destination, .deeds = {.half_closed = true}}).size() == 2);
}

TEST_CASE("the destination's leg: an old source whose connection a proxy closed may write on, and resume") {
  const Vantage closed{.viewpoint = Viewpoint::destination, .deeds = {.cut = true}};
  const auto has_source = [&](Tale& t) {
    const auto all = t.possible(closed);
    return std::find(all.begin(), all.end(), Runner::source) != all.end();
  };
  auto old = in_package(old_package());
  old.source(pages()).destination(R().pong(1).pong(3)).closes(by_source);
  CHECK(has_source(old));
  auto reset = in_package(old_package());
  reset.source(pages()).destination(R().pong(1).pong(3)).resets(by_source);
  CHECK_FALSE(has_source(reset));
}

TEST_CASE("a recovery that is never acknowledged: the destination's guest may stand at a missing page") {
  auto t = in_package(new_package());
  t.destination(R().pong(1).pong(3).pong(0x42)).resets(by_source).reconnects();
  t.source(S().recv_bitmap_request("pc.ram"));
  CHECK(t.possible() == Runners{Runner::nobody, Runner::destination});
}

TEST_CASE("a link that ends right behind PONG 0x42 may be met before it: then the source resumes") {
  auto late = in_package(new_package());
  late.destination(R().pong(1).pong(3).pong(0x42)).waits().resets(by_destination);
  CHECK(late.possible() == Runners{Runner::nobody});
  auto soon = in_package(new_package());
  soon.destination(R().pong(1).pong(3).pong(0x42)).resets(by_destination);
  CHECK(soon.possible() == Runners{Runner::nobody, Runner::source});
}

TEST_CASE("a guest whose link broke in postcopy goes on if all of its pages had come") {
  auto t = in_package(new_package());
  t.destination(R().pong(1).pong(3).pong(0x42)).waits();
  t.source(S().section_part(1).page("pc.ram", 0).eos()).resets(by_source);
  CHECK(t.possible({.silent = true}) == Runners{Runner::nobody, Runner::destination});
  CHECK(t.possible({.all_pages_sent = true, .silent = true}) == Runners{Runner::destination});
  // A proxy that cut the link may have kept the last of them.
  CHECK(t.possible({.viewpoint = Viewpoint::source, .deeds = {.cut = true}, .all_pages_sent = true}).size() >
        1);
}
