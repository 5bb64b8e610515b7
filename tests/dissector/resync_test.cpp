// SPDX-License-Identifier: GPL-2.0-or-later
// Streams with bytes missing, and streams joined in their middle: where a parser finds its place again, and
// on what it does not fall. Real captures: tests/truth/resync_test.cpp.
#include "dissector/helpers.hpp"
#include "mig/resync/resyncing.hpp"

using namespace mig;
using namespace mig::test;
using S = StreamBuilder;

namespace {

/// A main channel whose beginning was not seen.
struct MidStream : Resyncing<ForwardParser> {
  explicit MidStream(StreamTables& tables)
      : Resyncing(ForwardParser(tables, ForwardStart::element), Joined::mid_stream) {}
};

/// Only what is told by name: "resynchronised anchor=footer", units, "confirmed"; pages and payload left out.
Lines told(const Outcome& outcome) {
  Lines out;
  for (const auto& line : outcome.lines) {
    const auto text = line.substr(line.find(' ', line.find("len=")) + 1);
    if (!text.starts_with("payload") && !text.starts_with("page ")) out.push_back(text);
  }
  return out;
}

/// A parser that gets `head`, then a gap, then `tail`; in all splits of either.
template <class Parser, class... Args>
Outcome with_gap(Bytes head, std::uint64_t missing, Bytes tail,
                 const std::function<void(StreamTables&)>& prepare, Args... args) {
  const auto run = [&](std::size_t piece) {
    StreamTables tables;
    if (prepare) prepare(tables);
    Resyncing<Parser> parser(Parser(tables, args...));
    EventLog log;
    Outcome out;
    const auto feed = [&](Bytes bytes) {
      for (; !bytes.empty(); bytes = bytes.subspan(std::min(piece, bytes.size()))) {
        static_cast<void>(parser.feed(bytes.first(std::min(piece, bytes.size())), log));
        out.most_held = std::max(out.most_held, parser.held().size());
      }
    };
    feed(head);
    static_cast<void>(parser.skip(missing, log));
    feed(tail);
    out.error = parser.finish(log);
    out.lines = log.lines(tables);
    CHECK(out.most_held <= HeldBytes::capacity);
    return out;
  };
  auto whole = run(SIZE_MAX);
  for (const std::size_t piece : {1U, 2U, 3U, 7U, 64U, 1000U}) {
    CAPTURE(piece);
    const auto pieces = run(piece);
    CHECK(pieces.lines == whole.lines);
    CHECK(pieces.error == whole.error);
  }
  return whole;
}

Outcome forward_gap(const S& head, std::uint64_t missing, const S& tail,
                    const std::function<void(StreamTables&)>& prepare = with_ram) {
  return with_gap<ForwardParser>(head, missing, tail, prepare, ForwardStart::element);
}

Outcome joined(const S& stream, std::function<void(StreamTables&)> prepare = {}) {
  return for_each_split(stream, parse_with<MidStream>(std::move(prepare)));
}

/// Bytes in which nothing stands.
S noise(std::size_t n) { return S().fill(n, 0xa5); }

S pages(std::string_view first, std::size_t count) {
  S s;
  for (std::size_t i = 0; i < count; ++i) s.page(i == 0 ? first : "", 0x1000 * (i + 1), 0xa5);
  return s;
}

}  // namespace

TEST_SUITE("footers and elements") {
  TEST_CASE("RAM EOS, footer and a PART of the same id are a safe place, with no table at all") {
    S s = noise(500);
    s.eos()
        .footer(3)
        .section_part(3)
        .zero_page("pc.ram", 0x5000)
        .eos()
        .footer(3)
        .section_part(3)
        .eos()
        .footer(3);
    CHECK(told(joined(s)) ==
          Lines{"unparsed cause=start_unseen", "resynchronised anchor=ram-eos lost=500", "ram-eos",
                "footer section_id=3", "section type=PART section_id=3 idstr=ram assumed",
                "zero-page block=pc.ram offset=0x5000", "ram-eos", "footer section_id=3", "confirmed",
                "section type=PART section_id=3 idstr=ram assumed", "ram-eos", "footer section_id=3"});
  }

  TEST_CASE("a footer and a FULL header behind it") {
    S s = noise(30);
    s.footer(7).device(8, "serial", 30).device(9, "rtc", 30).section_full(10, "x");
    const auto lines = told(joined(s));
    REQUIRE(lines.size() > 4);
    CHECK(lines[1] == "resynchronised anchor=footer lost=30");
    CHECK(lines[2] == "footer section_id=7");
    CHECK(lines[3].starts_with("section type=FULL section_id=8 idstr=serial"));
    CHECK(lines[4] == "footer section_id=8");
    CHECK(lines[5] == "confirmed");  // it ended with its own footer
  }

  TEST_CASE("commands, where two of them say enough") {
    S s = noise(30);
    s.ping(2).package(postcopy_package()).ping(4);
    const auto lines = told(joined(s));
    CHECK(lines[1] == "resynchronised anchor=command lost=30");
    CHECK(lines[2] == "ping value=0x2");
    CHECK(lines[3].starts_with("package length="));
  }

  TEST_CASE("a command alone, repeated commands, and a lone footer are no place") {
    for (const auto& s :
         {S().ping(2), S().ping(2).fill(20, 0xff), S().ping(2).ping(2).ping(2),
          S().switchover_start().switchover_start().switchover_start(), S().footer(1), S().footer(1).u8(0),
          S().footer(1).footer(1).footer(1), S().eos().footer(1).fill(9, 0)}) {
      const auto lines = told(joined(s));
      CHECK(lines == Lines{"unparsed cause=start_unseen"});
    }
  }

  TEST_CASE("a guess that was wrong is taken back, and the next place found") {
    S s = noise(20);
    s.footer(3).section_part(3).zero_page("pc.ram", 0x5000).be64(0x1007).raw(noise(40));  // no such flags
    s.eos().footer(3).section_part(3).eos().footer(3);
    const auto lines = told(joined(s));
    CHECK(std::count(lines.begin(), lines.end(), "unparsed cause=bad_ram_flags") == 1);
    CHECK(std::count_if(lines.begin(), lines.end(),
                        [](const auto& l) { return l.starts_with("resynchronised"); }) == 2);
    CHECK(lines[lines.size() - 2] == "footer section_id=3");
    CHECK(lines.back() == "confirmed");
  }
}

TEST_SUITE("RAM records") {
  TEST_CASE("three in a row at the distance of their sizes, wherever the gap ends in a page") {
    const auto outcome =
        forward_gap(S().section_part(1), 100, noise(1000).raw(pages("", 6)).eos().footer(1).eof());
    const auto lines = told(outcome);
    CHECK(lines == Lines{"section type=PART section_id=1 idstr=ram", "missing", "unparsed cause=lost_bytes",
                         "resynchronised anchor=ram-records lost=9308", "ram-eos", "footer section_id=1",
                         "confirmed", "eof"});
    CHECK(outcome.error == ParseError{ParseErrc::lost_bytes, 5});
    // The block is unknown until it is named.
    CHECK(std::any_of(outcome.lines.begin(), outcome.lines.end(), [](const auto& l) {
      return l.find("page block=\"\" offset=0x3000") != std::string::npos;
    }));
  }

  TEST_CASE("a record that names its block within the row makes it known") {
    const auto outcome =
        forward_gap(S().section_part(1), 100, noise(10).raw(pages("pc.ram", 4)).eos().footer(1));
    CHECK(std::any_of(outcome.lines.begin(), outcome.lines.end(), [](const auto& l) {
      return l.find("page block=pc.ram offset=0x3000") != std::string::npos;
    }));
  }

  TEST_CASE("zero pages and pages mixed") {
    S s = noise(77);
    s.zero_page("", 0x1000)
        .page("", 0x2000, 0xa5)
        .zero_page("", 0x3000)
        .zero_page("", 0x4000)
        .eos()
        .footer(1)
        .eof();
    CHECK(told(forward_gap(S().section_part(1), 9, s))[3] == "resynchronised anchor=ram-records lost=4199");
  }

  TEST_CASE("a page that is full of records of itself, and pages outside of all blocks, are no rows") {
    S same = noise(10), outside = noise(10);
    for (int i = 0; i < 50; ++i) same.zero_page("", 0x1000);
    for (std::uint64_t i = 0; i < 50; ++i) outside.zero_page("", 0x100000 + 0x1000 * i);
    for (const auto& s : {same, outside}) {
      const auto lines = told(forward_gap(S().section_part(1), 9, s));
      CHECK(lines.back() == "unparsed cause=lost_bytes");
    }
  }

  TEST_CASE("the page size is found from the distances where nobody has said it") {
    for (const std::size_t size : {1024U, 8192U, 16384U}) {
      CAPTURE(size);
      S s = noise(300);
      for (std::uint64_t i = 1; i < 8; ++i) s.be64(size * i | 0x28).fill(size, 0xa5);
      StreamTables tables;
      Resyncing parser(ForwardParser(tables, ForwardStart::ram_records), Joined::mid_stream);
      EventLog log;
      static_cast<void>(parser.feed(s, log));
      CHECK(tables.page_size == size);
      CHECK(tables.page_size_source == PageSizeSource::observed);
      CHECK(log.all<PageRecord>().size() == 5);
    }
  }

  TEST_CASE("a preempt channel, which has neither sections nor footers") {
    const auto outcome = with_gap<ForwardParser>(pages("pc.ram", 1), 3000, noise(2000).raw(pages("", 30)),
                                                 with_ram, ForwardStart::ram_records);
    const auto lines = told(outcome);
    CHECK(lines == Lines{"missing", "unparsed cause=lost_bytes",
                         "resynchronised anchor=ram-records lost=13208", "confirmed"});
  }
}

TEST_SUITE("packages") {
  const auto inner = postcopy_package();

  TEST_CASE("a gap within a package keeps its account: its end is certain") {
    const Bytes all = inner;
    S head, tail;
    head.package(S().raw(all.first(20)), static_cast<std::uint32_t>(all.size()));
    tail.raw(all.subspan(60)).ping(4).section_part(1).eos().footer(1);
    const auto lines = told(forward_gap(head, 40, tail));
    const auto end =
        std::find(lines.begin(), lines.end(), "package-end length=" + std::to_string(all.size()));
    REQUIRE(end != lines.end());
    CHECK(*(end + 1) == "ping value=0x4");
    CHECK(std::count(lines.begin(), lines.end(), "run in_package") == 1);
  }

  TEST_CASE("a package of which nothing more can be read still ends where its length says") {
    S head, tail;
    head.package(S().fill(20, 0xa5), 100);  // bytes that start no element
    tail.fill(70, 0xa5).ping(4).section_part(1).eos().footer(1);
    const auto lines = told(forward_gap(head, 10, tail));
    CHECK(lines == Lines{"package length=100", "unparsed cause=unknown_element", "missing",
                         "unparsed cause=lost_bytes", "package-end length=100",
                         "resynchronised anchor=package-end lost=100", "confirmed", "ping value=0x4",
                         "section type=PART section_id=1 idstr=ram", "ram-eos", "footer section_id=1"});
  }

  TEST_CASE("a gap that swallows the package's end says so at the right place") {
    S head;
    head.package(S().listen(), 100);
    const auto outcome = forward_gap(head, 150, S().eos().footer(1).section_part(1).eos().footer(1));
    const auto end = std::find_if(outcome.lines.begin(), outcome.lines.end(),
                                  [](const auto& l) { return l.find("package-end") != std::string::npos; });
    REQUIRE(end != outcome.lines.end());
    CHECK(end->starts_with("off=0x6d "));  // 9 bytes of header, 100 of package
    CHECK((end - 1)->find("missing") != std::string::npos);
    CHECK((end + 1)->find("missing") != std::string::npos);
  }

  TEST_CASE("a package whose header was not seen begins with LISTEN and ends with RUN") {
    S s = noise(10);
    s.footer(1).raw(Bytes(inner)).ping(4).section_part(1).eos().footer(1);
    const auto lines = told(joined(s));
    CHECK(std::count(lines.begin(), lines.end(), "listen in_package") == 1);
    CHECK(std::count(lines.begin(), lines.end(), "ping value=0x42 in_package") == 1);
    CHECK(std::count(lines.begin(), lines.end(), "package-end length=0") == 1);
    CHECK(std::count(lines.begin(), lines.end(), "ping value=0x4") == 1);
  }

  TEST_CASE("a gap within payload of known length costs nothing, in a package too") {
    const auto outcome = forward_gap(S().section_part(1).be64(0x1008).cstr("pc.ram").fill(100, 1), 3000,
                                     S().fill(996, 1).eos().footer(1));
    CHECK_FALSE(outcome.error);
    CHECK(told(outcome) ==
          Lines{"section type=PART section_id=1 idstr=ram", "missing", "ram-eos", "footer section_id=1"});
  }
}

TEST_SUITE("other channels") {
  TEST_CASE("a return path at a message boundary, by two messages that say enough") {
    const auto whole =
        ReturnPathBuilder().pong(1).request("pc.ram", 0x1000).request("", 0x8000).request("", 0x9000).shut();
    const auto outcome = with_gap<ReturnPathParser>(Bytes(whole).first(10), 11, Bytes(whole).subspan(21), {});
    CHECK(told(outcome) == Lines{"pong value=0x1", "unparsed cause=lost_bytes", "missing",
                                 "unparsed cause=lost_bytes", "resynchronised anchor=messages lost=23",
                                 "page-request block=\"\" offset=0x8000 size=0x1000",
                                 "page-request block=\"\" offset=0x9000 size=0x1000", "shut value=0x0"});
  }

  TEST_CASE("the last message of a return path, by the end of the stream behind it") {
    const auto shut = ReturnPathBuilder().shut();
    CHECK(told(with_gap<ReturnPathParser>({}, 5, shut, {})).back() == "shut value=0x0");
    const auto pong = ReturnPathBuilder().pong(0x12345678);  // says too little
    CHECK(told(with_gap<ReturnPathParser>({}, 5, pong, {})).back() == "unparsed cause=lost_bytes");
  }

  TEST_CASE("the mark behind a bitmap, when a message follows") {
    const auto mark = ReturnPathBuilder().recv_bitmap("pc.ram", 64);
    const auto followed = ReturnPathBuilder(mark).resume_ack();
    const auto lines = told(with_gap<ReturnPathParser>({}, 5, Bytes(followed).subspan(30), {}));
    CHECK(lines[lines.size() - 2] == "recv-bitmap-end");
    CHECK(lines.back() == "resume-ack value=0x1");
    const auto alone = ReturnPathBuilder(mark).request("", 0x801);  // not of a page
    CHECK(told(with_gap<ReturnPathParser>({}, 5, Bytes(alone).subspan(30), {})).back() ==
          "unparsed cause=lost_bytes");
  }

  TEST_CASE("patterns are no messages") {
    S pongs, acks;
    for (int i = 0; i < 9; ++i) pongs.be64(0x0002000400000001), acks.be32(0x00070000);
    for (const Bytes pattern : {Bytes(pongs), Bytes(acks)})
      CHECK(told(with_gap<ReturnPathParser>({}, 5, pattern, {})).back() == "unparsed cause=lost_bytes");
  }

  TEST_CASE("multifd: the next packet") {
    const auto whole = MultifdBuilder()
                           .init(0)
                           .packet({.normal = {0, 4096}})
                           .packet({.normal = {8192}})
                           .packet({.flags = 1});
    const Bytes all = whole;
    const auto outcome = with_gap<MultifdParser>(all.first(500), 2000, all.subspan(2500), with_ram);
    const auto lines = told(outcome);
    CHECK(lines[6] == "resynchronised anchor=packet lost=9100");
    CHECK(lines[7].starts_with("multifd-packet packet_num=1"));
    CHECK(lines.back() == "confirmed");  // the next packet stands where this one ends
  }
}

TEST_CASE("of a bare parser the first error is final") {
  StreamTables tables;
  with_ram(tables);
  ForwardParser parser(tables, ForwardStart::element);
  EventLog log;
  static_cast<void>(parser.feed(S().section_part(1), log));
  static_cast<void>(parser.skip(100, log));
  const auto rest = S().eos().footer(1).section_part(1).eos().footer(1);
  static_cast<void>(parser.feed(rest, log));
  CHECK(log.all<Resynchronised>().empty());
  CHECK(log.entries().back().raw == rest.bytes());
  CHECK(std::holds_alternative<Unparsed>(log.entries().back().event.body));
}
