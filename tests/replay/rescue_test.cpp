// SPDX-License-Identifier: GPL-2.0-or-later
// Scripted sources; tests/e2e/rescue_test.py has real ones.
#include <doctest/doctest.h>

#include "mig/forward_parser.hpp"
#include "mig/return_path_parser.hpp"
#include "played.hpp"
#include "replay/rescue/kept_package.hpp"
#include "replay/rescue/recovery_receiver.hpp"
#include "replay/rescue/rescued_stream.hpp"
#include "replay/rescue/safety.hpp"
#include "support/event_log.hpp"

using namespace mig;
using namespace mig::replay;
using test::page_at;
using test::ReturnPathBuilder;
using test::StreamBuilder;

namespace {

constexpr std::uint64_t guest_page = StreamBuilder::page_size;

StreamBuilder device_package() {
  StreamBuilder package;
  package.listen().device(6, "apic", 40, 3);
  package.section_full(40, "globalstate")
      .be32(8)
      .raw(as_bytes(std::string_view("running", 8)))
      .fill(92, 0)
      .footer(40);
  return package.ping(3).ping(0x42).run();
}

/// Two pages of "pc.ram", 65 of "pc.bios"; up to the end of the package.
StreamBuilder lost_stream(const StreamBuilder& package) {
  StreamBuilder s;
  s.file_header().configuration().open_return_path().ping(1).advise();
  s.ram_setup(1, {{"pc.ram", 2 * guest_page}, {"pc.bios", 65 * guest_page}});
  s.section_part(1).page("pc.ram", 0).eos().footer(1).ping(2);
  return s.package(package);
}

/// What the source of that migration sends in a recovery.
StreamBuilder recovery(bool last_page = true) {
  StreamBuilder s;
  s.recv_bitmap_request("pc.ram").recv_bitmap_request("pc.bios").resume();
  s.section_part(1).page("pc.ram", 0).page("", page_at(1));
  for (unsigned i = 0; i < 64; ++i) s.zero_page(i == 0 ? "pc.bios" : "", page_at(i));
  s.eos().footer(1).section_end(1);
  if (last_page) s.zero_page("pc.bios", page_at(64));
  return s.eos().footer(1).eof();
}

/// A migration that a capture shows, and what a rescue finds in it. The analysis has to live as long.
struct Lost {
  explicit Lost(Bytes source, Bytes destination = {}) : played({&reader}) {
    played.connect(0).source(source).destination(destination).breaks().end();
  }
  PackageReader reader{1};
  test::Played played;
  [[nodiscard]] Safety safety(Statement statement = Statement::none) const {
    return judge_safety(reader.package().history->facts(), statement);
  }
};

/// Goes nowhere: its stream opens no return path.
class Nowhere final : public RescuedStream {
 public:
  void write(Bytes) override {}
  void finish() override {}
  std::string result() const override { return ""; }
};

void add(test::Buffer& to, const std::vector<std::byte>& bytes) {
  to.insert(to.end(), bytes.begin(), bytes.end());
}

test::EventLog parsed(Bytes stream, StreamTables& tables) {
  ForwardParser parser(tables);
  test::EventLog log;
  const auto error = parser.feed(stream, log);
  REQUIRE_FALSE(error);
  return log;
}

}  // namespace

TEST_CASE("rescue: package and recovery make a whole precopy stream, whatever pieces the recovery comes in") {
  for (const std::size_t size : {std::size_t{1}, std::size_t{7}, std::size_t{1} << 20}) {
    Lost lost(lost_stream(device_package()));
    REQUIRE(lost.reader.problem().empty());
    const auto& package = lost.reader.package();
    RecoveryReceiver receiver(package.migration->tables());
    auto stream = head_of(package, Nowhere());
    const auto sent = recovery();
    for (Bytes rest = sent; !rest.empty(); rest = rest.subspan(std::min(size, rest.size()))) {
      receiver.feed(rest.first(std::min(size, rest.size())));
      add(stream, receiver.take_ram());
    }
    REQUIRE(receiver.complete());
    add(stream, tail_of(package));

    StreamTables tables;
    const auto log = parsed(stream, tables);
    CHECK(log.all<PageRecord>().size() == 67);
    CHECK(log.all<EndOfStream>().size() == 1);
    CHECK(log.all<VmDescription>().size() == 1);
    CHECK(log.all<Command>().empty());
    CHECK(log.all<Ping>().empty());
    std::vector<std::string> devices;
    for (const auto& header : log.all<SectionHeader>()) {
      CHECK_FALSE(header.in_package);
      if (header.type == SectionType::full) devices.emplace_back(tables.name(header.idstr));
    }
    CHECK(devices == std::vector<std::string>{"apic", "globalstate"});
  }
}

TEST_CASE("rescue: the new QEMU is kept paused by the run state in the package") {
  const Lost lost(lost_stream(device_package()));
  const auto& package = lost.reader.package();
  CHECK(package.starts_paused);
  const auto text = as_text(package.devices);
  CHECK(text.find("running") == std::string_view::npos);
  const std::string_view state("\0\0\0\x07paused\0\0", 12);
  CHECK(text.find(state) != std::string_view::npos);
}

TEST_CASE("rescue: the source is answered as by a destination that has received no page") {
  Lost lost(lost_stream(device_package()));
  RecoveryReceiver receiver(lost.reader.package().migration->tables());
  receiver.feed(recovery());
  StreamTables tables;
  ReturnPathParser parser(tables);
  test::EventLog log;
  const auto answers = receiver.take_answers();
  REQUIRE_FALSE(parser.feed(answers, log));
  const auto bitmaps = log.all<RecvBitmap>();
  REQUIRE(bitmaps.size() == 2);
  CHECK(bitmaps[0].size == 8);   // 2 pages
  CHECK(bitmaps[1].size == 16);  // 65 pages
  for (const auto& entry : log.entries()) {
    if (std::holds_alternative<Payload>(entry.event.body))
      CHECK(std::ranges::all_of(entry.raw, [](std::byte b) { return b == std::byte{}; }));
  }
  CHECK(log.all<RecvBitmapEnd>().size() == 2);
  CHECK(log.all<ResumeAck>().size() == 1);
  CHECK(log.all<Shut>().empty());
}

TEST_CASE("rescue: a source that ends without every page is no rescue") {
  Lost lost(lost_stream(device_package()));
  RecoveryReceiver receiver(lost.reader.package().migration->tables());
  receiver.feed(recovery(false));
  CHECK_FALSE(receiver.complete());
  CHECK(receiver.problem() == "the source ended the migration without 1 pages of block \"pc.bios\"");
}

TEST_CASE("rescue: another migration's recovery is refused") {
  Lost lost(lost_stream(device_package()));
  RecoveryReceiver receiver(lost.reader.package().migration->tables());
  SUBCASE("a block that was not announced") {
    receiver.feed(StreamBuilder().recv_bitmap_request("vga.vram"));
  }
  SUBCASE("a page behind its block") {
    receiver.feed(StreamBuilder().resume().section_part(1).page("pc.ram", page_at(2)).eos().footer(1));
  }
  SUBCASE("a device section") { receiver.feed(StreamBuilder().resume().device(7, "serial")); }
  SUBCASE("no migration at all") { receiver.feed(as_bytes(std::string_view("GET / HTTP/1.1\r\n\r\n"))); }
  CHECK_FALSE(receiver.complete());
  CHECK_FALSE(receiver.problem().empty());
}

TEST_CASE("rescue: a capture that lacks part of the device state is refused") {
  const auto whole = lost_stream(device_package());
  SUBCASE("it ends inside the package") {
    const Lost lost(Bytes(whole).first(whole.size() - 3));
    CHECK(lost.reader.problem() == "it ends inside the package: the device state is not complete");
  }
  SUBCASE("no package was sent") {
    StreamBuilder s;
    s.file_header()
        .configuration()
        .ram_setup(1, {{"pc.ram", 2 * guest_page}})
        .section_part(1)
        .page("pc.ram", 0)
        .eos();
    const Lost lost(s.footer(1));
    CHECK(lost.reader.problem() ==
          "no postcopy package was sent in it, so the device state never left the source");
  }
  SUBCASE("a dirty bitmap was moved, too") {
    const Lost lost(
        lost_stream(StreamBuilder().listen().section_start(50, "dirty-bitmap").raw({1}).footer(50)));
    CHECK(lost.reader.problem().find("\"dirty-bitmap\"") != std::string::npos);
  }
}

TEST_CASE("rescue: the package is used only if no destination has run or can still start") {
  const auto stream = lost_stream(device_package());
  SUBCASE("the destination reported its failure") {
    const Lost lost(stream, ReturnPathBuilder().pong(1).pong(2).shut(1));
    CHECK(lost.safety().safe);
  }
  SUBCASE("the package did not arrive: nothing could start it") {
    const Lost lost(Bytes(stream).first(stream.size() - 3));
    CHECK(lost.safety().safe);
  }
  SUBCASE("no PONG 0x42 alone is not enough: it may still be loading") {
    const Lost lost(stream, ReturnPathBuilder().pong(1).pong(2));
    CHECK_FALSE(lost.safety().safe);
    CHECK(lost.safety(Statement::destination_ended).safe);
    CHECK_FALSE(lost.safety(Statement::destination_ended).rollback);
  }
  SUBCASE("its devices were loaded: it may have run, whether or not it has ended") {
    const Lost lost(stream, ReturnPathBuilder().pong(1).pong(2).pong(3).pong(0x42));
    CHECK_FALSE(lost.safety().safe);
    CHECK_FALSE(lost.safety(Statement::destination_ended).safe);
    CHECK(lost.safety(Statement::destination_never_ran).safe);
    CHECK_FALSE(lost.safety(Statement::destination_never_ran).rollback);
    CHECK(lost.safety(Statement::accept_rollback).rollback);
  }
  SUBCASE("it reported a failure after its devices were loaded: it may have run before") {
    const Lost lost(stream, ReturnPathBuilder().pong(1).pong(2).pong(3).shut(1));
    CHECK_FALSE(lost.safety().safe);
    CHECK(lost.safety(Statement::accept_rollback).safe);
  }
  SUBCASE("the migration was completed") {
    const Lost lost(stream, ReturnPathBuilder().pong(1).pong(2).pong(3).pong(0x42).shut(0));
    CHECK_FALSE(lost.safety(Statement::accept_rollback).safe);
  }
}
