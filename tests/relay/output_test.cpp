// SPDX-License-Identifier: GPL-2.0-or-later
// The pieces of the output: folding of pages, lines that nobody reads, trace without and with colour.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/json/parse.hpp>
#include <csignal>
#include <initializer_list>
#include <sstream>

#include "common/quantities.hpp"
#include "proxy/relay/token_bucket.hpp"
#include "proxy/report/json_log.hpp"
#include "proxy/report/line_writer.hpp"
#include "proxy/report/page_run_aggregator.hpp"
#include "proxy/report/summary.hpp"
#include "proxy/report/trace.hpp"
#include "proxy/report/words.hpp"

using namespace mig;
using namespace mig::proxy;
using std::chrono::milliseconds;

namespace {

struct Pipe {
  Pipe() { REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0); }
  ~Pipe() {
    ::close(ends[0]);
    ::close(ends[1]);
  }
  std::string drain() {
    std::string all(1u << 20, '\0');
    const ssize_t got = ::read(ends[0], all.data(), all.size());
    all.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return all;
  }
  std::array<int, 2> ends{};
};

Note note_of(EventBody body, Decision decision = Decision::forwarded) {
  Note note;
  note.event.body = body;
  note.decision = decision;
  if (decision != Decision::forwarded) note.rule = RuleIndex{0};
  return note;
}

PageRecord a_page(PageEncoding encoding) {
  PageRecord page;
  page.encoding = encoding;
  page.payload_size = encoding == PageEncoding::zero ? 0 : 4096;
  return page;
}

/// The trace of what `say` tells it, without the time column.
template <class Say>
std::string traced(TraceOptions options, Say say) {
  boost::asio::io_context context;
  Pipe pipe;
  LineWriter lines(context, pipe.ends[1], milliseconds(1));
  Trace trace(lines, {"drop-pong"}, options);
  PageRunAggregator folder(context, trace);
  say(folder);
  folder.flush();
  lines.finish();
  std::string text;
  std::string all = pipe.drain();
  for (std::size_t at = 0; at < all.size();) {
    const auto end = all.find('\n', at);
    text += all.substr(at + 11, end - at - 10);
    at = end + 1;
  }
  return text;
}

}  // namespace

TEST_CASE("the trace: aligned, pages folded, decisions with their rule") {
  Migration migration(MigrationId{0});
  const Who main{ConnectionId{0}, ChannelKind::main, &migration};
  const std::string text = traced({true, false}, [&](Observer& out) {
    out.on(UnitDone{main, note_of(Ping{0x42, false})});
    for (int i = 0; i < 1234; ++i) out.on(UnitDone{main, note_of(a_page(PageEncoding::plain))});
    for (int i = 0; i < 4567; ++i) out.on(UnitDone{main, note_of(a_page(PageEncoding::zero))});
    Note pong = note_of(Pong{0x42}, Decision::dropped);
    pong.direction = Direction::return_path;
    out.on(UnitDone{main, pong});
    out.on(UnitDone{main, note_of(RamEos{})});
    out.on(NoticeRaised{main, Notice::source_may_not_go_back});
  });
  CHECK(text ==
        "m1 c1 main       --> ping value=0x42\n"
        "m1 c1 main       <-- pong value=0x42   <dropped by drop-pong>\n"
        "m1 c1 main       --> RAM pages 1 234 (4.8 MiB), zero pages 4 567\n"
        "m1 c1 main       --> ram-eos\n"
        "m1               === source may no longer go back\n");
}

TEST_CASE("a line of the log has the words of the trace, and both count from one start") {
  Migration migration(MigrationId{0});
  const Who main{ConnectionId{0}, ChannelKind::main, &migration};
  const auto start = std::chrono::steady_clock::now() - std::chrono::seconds(7);
  boost::asio::io_context context;
  Pipe on_screen, in_file;
  LineWriter screen(context, on_screen.ends[1], milliseconds(1)),
      file(context, in_file.ends[1], milliseconds(1));
  Trace trace(screen, {"drop-pong"}, {true, false}, start);
  JsonLog log(file, {"drop-pong"}, false, start);
  Note pong = note_of(Pong{0x42}, Decision::dropped);
  pong.direction = Direction::return_path;
  const Traffic traffic{{0, 0}, {5 << 20, 17}};
  log.started("127.0.0.1:4444", "127.0.0.1:4445", "1");
  for (auto* out : std::initializer_list<Observer*>{&trace, &log}) {
    out->on(UnitDone{main, note_of(Ping{0x42, false})});
    out->on(UnitDone{main, pong});
    out->on(PagesDone{main, Direction::forward, {}, PageRun{0, 3, 12288}});
    out->on(NoticeRaised{main, Notice::phase_changed});
    out->on(Warned{"a \033 of a name"});
    out->on(Signalled{"SIGUSR1"});
    out->on(Closed{main, Ending::fault, Direction::forward, traffic});
  }
  screen.finish();
  file.finish();
  std::istringstream printed(on_screen.drain()), lines(in_file.drain());
  std::string line, shown;
  std::getline(lines, line);
  const auto first = boost::json::parse(line);
  CHECK(first.at("monotonic_us") ==
        std::chrono::duration_cast<std::chrono::microseconds>(start.time_since_epoch()).count());
  CHECK(first.at("time_us").to_number<std::int64_t>() >= 7'000'000);
  unsigned compared = 0;
  for (; std::getline(lines, line) && std::getline(printed, shown); ++compared) {
    const std::string text(boost::json::parse(line).at("text").as_string());
    CAPTURE(shown);
    CHECK(!text.empty());
    CHECK(shown.ends_with(" " + text));
    CHECK(std::stod(shown) >= 7);
  }
  CHECK(compared == 7);
}

TEST_CASE("without --trace: faults and turning points only") {
  Migration migration(MigrationId{0});
  const Who main{ConnectionId{0}, ChannelKind::main, &migration};
  const std::string text = traced({false, false}, [&](Observer& out) {
    out.on(UnitDone{main, note_of(Ping{1, false})});
    out.on(UnitDone{main, note_of(a_page(PageEncoding::plain))});
    out.on(UnitDone{main, note_of(Pong{0x42}, Decision::dropped)});
    out.on(NoticeRaised{main, Notice::two_runners_possible});
  });
  CHECK(text.find("ping") == std::string::npos);
  CHECK(text.find("RAM") == std::string::npos);
  CHECK(text.find("dropped by drop-pong") != std::string::npos);
  CHECK(text.find("both may run") != std::string::npos);
}

TEST_CASE("names from the wire cannot paint the terminal") {
  const std::string text =
      traced({false, false}, [](Observer& out) { out.on(Warned{"a \033[31mname\nwith lines"}); });
  CHECK(text.find("\\x1b[31mname\\x0awith lines") != std::string::npos);
}

TEST_CASE("pages of a run end with the section, and a touched page stands alone") {
  struct Count final : Observer {
    void on(const RelayEvent& event) override {
      if (std::holds_alternative<Closed>(event)) said += "closed;";
      if (const auto* done = std::get_if<UnitDone>(&event))
        said += std::string(to_string(done->note.decision)) + ";";
      if (const auto* done = std::get_if<PagesDone>(&event))
        said += std::to_string(done->run.pages) + " pages;";
    }
    std::string said;
  };
  boost::asio::io_context context;
  Count count;
  PageRunAggregator folder(context, count);
  const Who who{};
  folder.on(UnitDone{who, note_of(a_page(PageEncoding::plain))});
  folder.on(UnitDone{who, note_of(a_page(PageEncoding::plain), Decision::changed)});
  folder.on(UnitDone{who, note_of(a_page(PageEncoding::plain))});
  folder.on(UnitDone{who, note_of(a_page(PageEncoding::plain))});
  folder.on(Closed{who, Ending::orderly, Direction::forward, Traffic{}});
  CHECK(count.said == "1 pages;changed;2 pages;closed;");
}

TEST_CASE("a reader that does not read costs lines, never time") {
  boost::asio::io_context context;
  Pipe pipe;
  LineWriter lines(context, pipe.ends[1], milliseconds(1));
  const std::string line(1'000'000, 'x');
  for (int i = 0; i < 100; ++i) lines.add(line);  // would block for ever on the pipe
  CHECK(lines.lines_left_out() > 0);
  CHECK(lines.lines_left_out() < 100);
  lines.finish(milliseconds(1));
}

TEST_CASE("a reader that has gone is an error that is kept, not a crash") {
  boost::asio::io_context context;
  Pipe pipe;
  ::close(std::exchange(pipe.ends[0], -1));
  ::signal(SIGPIPE, SIG_IGN);
  LineWriter lines(context, pipe.ends[1], milliseconds(1));
  lines.add("x");
  lines.finish();
  CHECK(lines.error() == EPIPE);
}

TEST_CASE("numbers for people") {
  CHECK(bytes_text(17) == "17 B");
  CHECK(bytes_text(0) == "0 B");
  CHECK(bytes_text(4131) == "4131 B");
  CHECK(bytes_text(4096) == "4 KiB");
  CHECK(bytes_text(16 << 20) == "16 MiB");
  CHECK(bytes_text(1234 * 4096) == "4.8 MiB");
  CHECK(bytes_text(1024 * 1024 - 1) == "1.0 MiB");
  CHECK(rate_text(6291456) == "6 MiB/s");
  CHECK(rate_text(6.6e6) == "6.3 MiB/s");
  CHECK(duration_text(std::chrono::nanoseconds(969'123)) == "969 us");
  CHECK(duration_text(std::chrono::milliseconds(97)) == "97 ms");
  CHECK(duration_text(std::chrono::nanoseconds(97'012'000)) == "97.0 ms");
  CHECK(duration_text(std::chrono::milliseconds(5421)) == "5.42 s");
  CHECK(count_text(0) == "0");
  CHECK(count_text(999) == "999");
  CHECK(count_text(1234567) == "1 234 567");
  CHECK(hex_text(0x42) == "0x42");
}

TEST_CASE("the token bucket gives its rate, in small steps") {
  TokenBucket bucket;
  auto now = TokenBucket::Clock::now();
  bucket.set_rate(1000, now);
  CHECK(bucket.available(now) == 0);
  now += std::chrono::seconds(10);
  CHECK(bucket.available(now) == 20);  // 20 ms worth, however long nothing was sent
  bucket.take(20);
  CHECK(bucket.time_until(5) > milliseconds(4));
  CHECK(bucket.time_until(5) < milliseconds(6));
  now += milliseconds(10);
  CHECK(bucket.available(now) == 10);
}
