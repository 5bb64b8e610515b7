// SPDX-License-Identifier: GPL-2.0-or-later
// What an observer of both directions can know: docs/protocol.md section 9 is the truth these follow.
#include "mig/history/migration.hpp"

#include "dissector/helpers.hpp"
#include "mig/connection_parser.hpp"

using namespace mig;
using namespace mig::test;
using S = StreamBuilder;
using R = ReturnPathBuilder;

namespace {

/// One main connection whose every event is delivered.
class Story final : private EventSink {
 public:
  Story& source(const S& bytes) { return feed(Direction::forward, bytes); }
  Story& destination(const R& bytes) { return feed(Direction::return_path, bytes); }
  Story& breaks() {
    migration().closed({parser_->id(), parser_->kind(), Direction::forward}, true, now_);
    notices.insert(notices.end(), now_.begin(), now_.end());
    return *this;
  }
  Story& reconnects() {
    parser_.emplace(set_, ConnectionId{++next_});
    return *this;
  }
  Migration& migration() { return set_.all().front(); }
  bool told(Notice n) const { return std::find(notices.begin(), notices.end(), n) != notices.end(); }

  std::vector<Notice> notices;

 private:
  void on_event(const Event& event, Bytes) override {
    migration().delivered({parser_->id(), parser_->kind(), direction_}, event, now_);
    notices.insert(notices.end(), now_.begin(), now_.end());
  }
  Story& feed(Direction direction, Bytes bytes) {
    direction_ = direction;
    CHECK_FALSE(parser_->feed(direction, bytes, *this));
    return *this;
  }

  MigrationSet set_;
  std::uint32_t next_ = 0;
  std::optional<ConnectionParser> parser_{std::in_place, set_, ConnectionId{0}};
  Direction direction_ = Direction::forward;
  std::vector<Notice> now_;
};

S setup() {
  return S().file_header().configuration().open_return_path().ping(1).advise().ram_setup(
      1, {{"pc.ram", 0x40000}});
}
S pages() { return S().section_part(1).page("pc.ram", 0).eos().footer(1); }
S old_package() { return S().package(S().listen().device(6, "apic").ping(3).run()); }

}  // namespace

TEST_CASE("postcopy-device lasts from the package to PONG 0x42") {
  Story s;
  s.source(setup());
  CHECK(s.migration().phase() == Phase::setup);
  s.source(pages());
  CHECK(s.migration().phase() == Phase::precopy);
  s.source(S().switchover_start().discard("pc.ram", {{0, 4096}}).ping(2));
  CHECK(s.migration().phase() == Phase::switchover);
  CHECK_FALSE(s.migration().phases().destination_may_run());
  s.source(S().package(postcopy_package()));
  CHECK(s.migration().phase() == Phase::postcopy_device);
  CHECK(s.migration().phases().destination_may_run());
  CHECK(s.migration().phases().source_can_go_back());
  s.destination(R().pong(1).pong(2).pong(4).pong(3));
  CHECK(s.migration().phases().source_can_go_back());  // none of these lets the source go on
  CHECK_FALSE(s.told(Notice::source_may_not_go_back));
  s.destination(R().pong(0x42));
  CHECK(s.migration().phase() == Phase::postcopy_active);
  CHECK_FALSE(s.migration().phases().source_can_go_back());
  CHECK(s.told(Notice::source_may_not_go_back));
  s.source(S().ping(4).section_part(1).eos().footer(1).section_end(1).eos().footer(1).eof())
      .destination(R().shut());
  CHECK(s.migration().phase() == Phase::completed);
}

TEST_CASE("the package in flight is a phase of its own, and without its last byte nothing may run") {
  Story s;
  const S package = S().package(postcopy_package());
  s.source(setup()).source(pages()).source(S().raw(Bytes(package).first(package.size() - 1)));
  CHECK(s.migration().phase() == Phase::package);
  CHECK_FALSE(s.migration().phases().destination_may_run());
  s.breaks();
  CHECK(s.migration().phase() == Phase::failed);
  CHECK(s.told(Notice::source_may_resume));
  CHECK_FALSE(s.told(Notice::two_runners_possible));
}

TEST_CASE("a source up to 10.1 sends no PING 0x42 and gives up at once") {
  Story s;
  s.source(setup()).source(pages()).source(old_package());
  CHECK(s.migration().phase() == Phase::postcopy_active);
  CHECK_FALSE(s.migration().phases().source_can_go_back());
  s.breaks();
  CHECK(s.migration().phase() == Phase::postcopy_paused);
}

TEST_CASE("PONG 0x42 lost, then the link breaks: two may run") {
  Story s;
  s.source(setup())
      .source(pages())
      .source(S().package(postcopy_package()))
      .destination(R().pong(1).pong(3))
      .breaks();
  CHECK(s.migration().phase() == Phase::failed);
  CHECK(s.told(Notice::two_runners_possible));
}

TEST_CASE("a PONG that comes before its package is complete still counts (a forged one is believed)") {
  Story s;
  const S package = S().package(postcopy_package());
  const auto half = package.size() / 2;
  s.source(setup()).source(pages()).source(S().raw(Bytes(package).first(half))).destination(R().pong(0x42));
  s.source(S().raw(Bytes(package).subspan(half)));
  CHECK(s.migration().phase() == Phase::postcopy_active);
  CHECK_FALSE(s.migration().phases().source_can_go_back());
}

TEST_CASE("a destination that failed to load lets the source run") {
  Story s;
  s.source(setup())
      .source(pages())
      .source(S().package(postcopy_package()))
      .destination(R().pong(1).pong(2).shut(1))
      .breaks();
  CHECK(s.migration().phase() == Phase::failed);
  CHECK(s.told(Notice::destination_reported_error));
  CHECK_FALSE(s.told(Notice::two_runners_possible));
}

TEST_CASE("recovery: paused, then active again after RESUME_ACK") {
  Story s;
  s.source(setup())
      .source(pages())
      .source(S().package(postcopy_package()))
      .destination(R().pong(1).pong(0x42))
      .breaks();
  CHECK(s.migration().phase() == Phase::postcopy_paused);
  s.reconnects().source(S().recv_bitmap_request("pc.ram"));
  CHECK(s.migration().phase() == Phase::recovery);
  s.destination(R().recv_bitmap("pc.ram", 8)).source(S().resume()).destination(R().resume_ack());
  CHECK(s.migration().phase() == Phase::postcopy_active);
  s.breaks();
  CHECK(s.migration().phase() == Phase::postcopy_paused);
}

TEST_CASE("SHUT lost at the very end: the source resumes though the destination is done") {
  Story s;
  s.source(setup())
      .source(pages())
      .source(S().package(postcopy_package()))
      .destination(R().pong(1).pong(0x42));
  s.source(S().section_end(1).eos().footer(1).eof());
  CHECK(s.told(Notice::source_may_go_back_again));
  s.breaks();
  CHECK(s.told(Notice::two_runners_possible));
}

TEST_CASE("precopy without return path: the source gives up with its last byte") {
  Story s;
  s.source(precopy_stream());
  CHECK(s.migration().phases().destination_may_run());
  CHECK_FALSE(s.migration().phases().source_can_go_back());
  s.breaks();
  CHECK(s.migration().phase() == Phase::completed);
}

TEST_CASE("precopy that breaks: the source runs on") {
  Story s;
  s.source(setup()).source(pages()).breaks();
  CHECK(s.migration().phase() == Phase::failed);
  CHECK(s.told(Notice::source_may_resume));
}

TEST_CASE("each PING is paired with its PONG by value, and says what it waits for") {
  Story s;
  s.source(setup())
      .source(pages())
      .source(S().ping(2).package(postcopy_package()).ping(4))
      .destination(R().pong(4).pong(1));
  std::vector<std::uint32_t> waiting;
  for (const auto& exchange : s.migration().history().exchanges().all()) {
    if (exchange.kind == Exchange::Kind::ping && !exchange.response) waiting.push_back(exchange.value);
  }
  CHECK(waiting == std::vector<std::uint32_t>{2, 3, 0x42});
  Exchange loaded;
  loaded.value = 0x42;
  loaded.in_package = true;
  CHECK(waits_for(loaded).find("lets the source go on") != std::string_view::npos);
}

TEST_CASE("PINGs without end are not remembered without end") {
  Story s;
  s.source(setup());
  S flood;
  for (int i = 0; i < 1000; ++i) flood.ping(9);
  s.source(flood);
  CHECK(s.migration().history().exchanges().all().size() == few_exchanges);
}

TEST_CASE("precopy without a return path: only the destination's reset tells that it failed") {
  for (const auto by : {Direction::forward, Direction::return_path}) {
    Story s;
    s.source(S().file_header().configuration().ram_setup(1, {{"pc.ram", 0x40000}})).source(pages());
    s.source(S().section_end(1).eos().footer(1).eof().vm_description("{}"));
    std::vector<Notice> notices;
    s.migration().closed({ConnectionId{0}, ChannelKind::main, by}, true, notices);
    CHECK(s.migration().phase() == (by == Direction::forward ? Phase::completed : Phase::failed));
  }
}

TEST_CASE("a channel joins the migration to the same place, unless very many have begun since") {
  for (const std::uint32_t others : {100U, 1000U}) {
    MigrationSet set;
    const auto begin = [&](std::uint32_t number, std::uint16_t port) -> Migration& {
      set.set_route(ConnectionId{number}, {1, port});
      return *set.join(ConnectionId{number}, ChannelKind::multifd).migration;
    };
    const auto& first = begin(0, 4444);
    for (std::uint32_t i = 1; i <= others; ++i)
      static_cast<void>(begin(i, static_cast<std::uint16_t>(10000 + i)));
    CHECK((&begin(others + 1, 4444) == &first) == (others == 100));
  }
}
