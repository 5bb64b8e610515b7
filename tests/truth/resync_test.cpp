// SPDX-License-Identifier: GPL-2.0-or-later
// Real captures with bytes taken out, or their beginning cut off: from where a parser finds its place again,
// it must say what it says of the whole stream.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <functional>
#include <random>
#include <string>

#include "mig/describe.hpp"
#include "mig/fields.hpp"
#include "mig/history/migration.hpp"
#include "mig/resync/connection.hpp"
#include "mig/wire.hpp"
#include "replay/input/capture_reader.hpp"

using namespace mig;

namespace {

using Buffer = std::vector<std::byte>;

/// Both directions of every connection of a capture, in memory.
class Streams final : public replay::CaptureSink {
 public:
  explicit Streams(const std::string& name) {
    std::string warning;
    static_cast<void>(
        replay::read_capture(std::string(MIG_SAMPLES "/") + name + ".pcap.zst", *this, warning));
  }
  void opened(ConnectionId id, const replay::ConnectionInfo&, replay::Moment) override {
    ways.resize(std::max<std::size_t>(ways.size(), static_cast<std::size_t>(id) + 1));
  }
  void data(ConnectionId id, Direction direction, Bytes bytes, replay::Moment) override {
    auto& to = ways[static_cast<std::size_t>(id)][static_cast<std::size_t>(direction)];
    to.insert(to.end(), bytes.begin(), bytes.end());
  }
  void missing(ConnectionId, Direction, std::uint64_t, replay::Moment) override {}
  void closed(ConnectionId, bool, replay::Moment) override {}

  std::vector<std::array<Buffer, 2>> ways;
};

struct Unit {
  std::uint64_t at = 0;
  EventBody body;
  std::string text;
};

/// What is told, payload left out: it comes in pieces. Silent until switched on.
class Units final : public EventSink {
 public:
  explicit Units(const StreamTables& tables) : tables_(tables) {}
  void on_event(const Event& event, Bytes raw) override {
    CHECK(event.range.begin == next_);
    if (!std::holds_alternative<Missing>(event.body)) CHECK(raw.size() == event.range.size());
    next_ = event.range.end;
    if (!listening || std::holds_alternative<Payload>(event.body)) return;
    told.push_back({event.range.begin, event.body, describe_unit(event, tables_)});
  }
  std::vector<Unit> told;
  bool listening = true;

 private:
  const StreamTables& tables_;
  std::uint64_t next_ = 0;
};

struct Gap {
  std::size_t at = 0;
  std::size_t size = 0;
};

/// How one direction is parsed: by a bare parser, by one that resynchronises, and from mid-stream on.
enum class Reading { bare, resyncing, mid_stream };

/// One direction of one connection, and how it is parsed.
struct Way {
  Bytes whole;
  std::function<void(StreamTables&)> prepare = [](StreamTables&) {};
  std::function<std::vector<Unit>(StreamTables&, Bytes, Reading, Gap, std::size_t)> parse;
};

template <class Parser>
std::vector<Unit> parse_with_gap(Parser parser, const StreamTables& tables, Bytes whole, bool middle, Gap gap,
                                 std::size_t chunk) {
  Units units(tables);
  const auto feed = [&](Bytes bytes) {
    for (; !bytes.empty(); bytes = bytes.subspan(std::min(chunk, bytes.size())))
      static_cast<void>(parser.feed(bytes.first(std::min(chunk, bytes.size())), units));
  };
  units.listening = gap.size == 0 && gap.at == 0;
  if (!middle) feed(whole.first(gap.at));
  units.listening = true;
  if (gap.size != 0) static_cast<void>(parser.skip(gap.size, units));
  feed(whole.subspan(gap.at + gap.size));
  static_cast<void>(parser.finish(units));
  if (middle) {
    for (auto& unit : units.told) unit.at += gap.at;
  }
  return units.told;
}

template <class Parser, class... Args>
std::vector<Unit> parse_way(StreamTables& tables, Bytes whole, Reading reading, Gap gap, std::size_t chunk,
                            Args... args) {
  const Parser parser(tables, args...);
  if (reading == Reading::bare) return parse_with_gap(parser, tables, whole, false, gap, chunk);
  const bool middle = reading == Reading::mid_stream;
  return parse_with_gap(Resyncing(parser, middle ? Joined::mid_stream : Joined::at_start), tables, whole,
                        middle, gap, chunk);
}

template <class Parser, class... Args>
Way way(Bytes whole, std::function<void(StreamTables&)> prepare, Args... args) {
  return {whole, std::move(prepare),
          [=](StreamTables& tables, Bytes bytes, Reading reading, Gap gap, std::size_t chunk) {
            return parse_way<Parser>(tables, bytes, reading, gap, chunk, args...);
          }};
}

void cut_out(std::string& text, std::string_view from, std::string_view until) {
  const auto begin = text.find(from);
  if (begin == std::string::npos) return;
  const auto end = until.empty() ? begin + from.size() : text.find(until, begin + from.size());
  text.erase(begin, end == std::string::npos ? end : end - begin);
}

/// `text` says of a unit what the whole stream says of it, or that it does not know.
bool agrees(std::string truth, std::string text) {
  if (text.find("block=\"\"") != std::string::npos)
    cut_out(truth, "block=", " "), cut_out(text, "block=", " ");
  if (text.find(" in_package") == std::string::npos) cut_out(truth, " in_package", "");
  if (text == "package-end length=0") return truth.starts_with("package-end");
  cut_out(text, " assumed", "");
  return truth == text;
}

struct Outcome {
  bool lost = false;       // the place was lost
  bool found = false;      // and found again at the end
  bool confirmed = false;  // and surely so
};

/// Everything told from each Resynchronised on must be true, and nothing may be left out.
Outcome compare(const std::vector<Unit>& truth, const std::vector<Unit>& told) {
  Outcome outcome;
  auto expected = truth.begin();
  for (const auto& unit : told) {
    CAPTURE(unit.at);
    if (std::holds_alternative<Resynchronised>(unit.body)) {
      outcome.found = true;
      expected = std::lower_bound(truth.begin(), truth.end(), unit.at,
                                  [](const Unit& u, std::uint64_t at) { return u.at < at; });
      // An empty event at the very place belongs to what was before.
      if (expected != truth.end() && std::holds_alternative<PackageEnd>(expected->body)) ++expected;
    } else if (std::holds_alternative<Confirmed>(unit.body)) {
      outcome.confirmed = outcome.found;
    } else if (std::holds_alternative<Unparsed>(unit.body)) {
      outcome = {true, false, false};
    } else if (outcome.found && !std::holds_alternative<Missing>(unit.body)) {
      REQUIRE(expected != truth.end());
      CHECK(expected->at == unit.at);
      CHECK_MESSAGE(agrees(expected->text, unit.text), (expected->text + " | " + unit.text));
      ++expected;
    }
  }
  if (outcome.found) CHECK(expected == truth.end());
  return outcome;
}

/// Places worth a gap: at and behind headers of all kinds, every other one no page's.
std::vector<std::size_t> places(const std::vector<Unit>& truth, std::size_t count, std::size_t size) {
  std::mt19937 random(static_cast<unsigned>(size));
  std::vector<std::size_t> rare, out;
  for (const auto& unit : truth) {
    const bool page =
        std::holds_alternative<PageRecord>(unit.body) || std::holds_alternative<MultifdPage>(unit.body);
    if (!page) rare.push_back(unit.at);
  }
  while (out.size() < count) {
    const bool any = out.size() % 2 == 0;
    const auto at = (any ? truth[random() % truth.size()].at : rare[random() % rare.size()]) + random() % 40;
    if (at < size) out.push_back(at);
  }
  return out;
}

/// Takes bytes out (or, `middle`, cuts the beginning off) at `count` places. `enough`: so many bytes behind
/// the gap must do to find the place again, and to be sure of it.
void lose_bytes(const Way& way, std::size_t count, bool middle, std::size_t enough) {
  StreamTables tables;
  way.prepare(tables);
  const auto truth = way.parse(tables, way.whole, Reading::bare, {}, SIZE_MAX);
  unsigned lost = 0, number = 0;
  for (const auto at : places(truth, count, way.whole.size())) {
    const auto size = middle ? 0 : std::min<std::size_t>(1 + number * 977 % 3000, way.whole.size() - at);
    CAPTURE(at);
    CAPTURE(size);
    StreamTables fresh;
    if (!middle) way.prepare(fresh);
    const auto reading = middle ? Reading::mid_stream : Reading::resyncing;
    const auto chunk = number++ % 3 == 0 ? 1448 : SIZE_MAX;
    const auto outcome = compare(truth, way.parse(fresh, way.whole, reading, {at, size}, chunk));
    lost += outcome.lost;
    if (!outcome.lost || way.whole.size() - at - size < enough) continue;
    CHECK(outcome.found);
    CHECK(outcome.confirmed);
  }
  CHECK(lost != 0);
}

}  // namespace

TEST_CASE("a parser that has found its place again says what is true of the whole stream") {
  constexpr std::size_t count = 60;
  for (const char* name : {"01-precopy-11.1-11.1", "05-postcopy-11.1-7.2", "07-postcopy-preempt-11.1-11.1",
                           "08-multifd2-none-11.1-11.1", "11a-postcopy-pause-recover-11.1-11.1"}) {
    CAPTURE(name);
    const Streams streams(name);
    const Bytes main = streams.ways[0][0];
    const auto seen_main = [&](StreamTables& tables) {
      static_cast<void>(
          parse_way<ForwardParser>(tables, main, Reading::bare, {}, SIZE_MAX, ForwardStart::file_header));
    };
    for (const auto& ways : streams.ways) {
      const auto& forward = ways[0];
      const auto& back = ways[1];
      CAPTURE(forward.size());
      const auto first = forward.size() < 8 ? 0 : load_be32(forward);
      for (const bool middle : {false, true}) {
        CAPTURE(middle);
        if (!back.empty()) lose_bytes(way<ReturnPathParser>(back, seen_main), count, middle, 80);
        if (first == wire::multifd_magic) {
          lose_bytes(way<MultifdParser>(forward, seen_main), count, middle, 2 << 20);
        } else if (first == wire::file_magic) {
          const auto unprepared = [](StreamTables&) {};
          lose_bytes(way<ForwardParser>(forward, unprepared, ForwardStart::file_header), count, middle,
                     100000);
        } else if (!forward.empty()) {
          const bool resumed = load_u8(forward) == wire::vm_command;
          const auto start = resumed ? ForwardStart::element : ForwardStart::ram_records;
          lose_bytes(way<ForwardParser>(forward, seen_main, start), count, middle, 100000);
        }
      }
    }
  }
}

namespace {

/// The events of one direction of a connection that was joined `at` bytes behind its beginning.
struct JoinedConnection {
  explicit JoinedConnection(MigrationSet& set) : parser(set, ConnectionId{0}, Joined::mid_stream) {}

  struct Sink final : EventSink {
    void on_event(const Event& event, Bytes raw) override {
      CHECK(event.range.begin == next);
      CHECK(raw.size() == event.range.size());
      next = event.range.end;
      resynchronised = resynchronised || std::holds_alternative<Resynchronised>(event.body);
      if (resynchronised && starts_unit(event.body)) ++units;
    }
    std::uint64_t next = 0;
    std::size_t units = 0;
    bool resynchronised = false;
  };
  void feed(Direction direction, Bytes bytes) {
    static_cast<void>(parser.feed(direction, bytes, sinks[static_cast<std::size_t>(direction)]));
  }
  ResyncingConnection parser;
  Sink sinks[2];
};

/// Joins both directions in the middle of the connection, the caller right or wrong about which is which.
void join(const std::array<Buffer, 2>& ways, double part, bool reversed, ChannelKind expected) {
  MigrationSet set;
  JoinedConnection joined(set);
  const auto given = [&](Direction d) {
    const bool forward = (d == Direction::forward) != reversed;
    return forward ? Direction::forward : Direction::return_path;
  };
  for (const auto direction : {Direction::forward, Direction::return_path}) {
    const Bytes all = ways[static_cast<std::size_t>(direction)];
    Bytes rest = all.subspan(static_cast<std::size_t>(static_cast<double>(all.size()) * part));
    for (; !rest.empty(); rest = rest.subspan(std::min<std::size_t>(1448, rest.size())))
      joined.feed(given(direction), rest.first(std::min<std::size_t>(1448, rest.size())));
  }
  CAPTURE(part);
  CAPTURE(reversed);
  CHECK(to_string(joined.parser.kind()) == to_string(expected));
  CHECK(joined.parser.actual_direction(given(Direction::forward)) == Direction::forward);
  const auto forward = static_cast<std::size_t>(given(Direction::forward));
  CHECK(joined.sinks[forward].resynchronised);
  CHECK(joined.sinks[forward].units > 3);
  if (static_cast<double>(ways[1].size()) * (1 - part) > 100) CHECK(joined.sinks[1 - forward].units > 2);
  CHECK(set.all().size() == 1);
}

}  // namespace

TEST_CASE("a connection joined in its middle is recognised by what either direction carries") {
  for (const char* name : {"03-postcopy-11.1-11.1", "07-postcopy-preempt-11.1-11.1",
                           "08-multifd2-none-11.1-11.1", "11a-postcopy-pause-recover-11.1-11.1"}) {
    const Streams streams(name);
    for (const auto& ways : streams.ways) {
      if (ways[0].size() < 1000) continue;
      CAPTURE(name);
      CAPTURE(ways[0].size());
      const bool multifd = load_be32(ways[0]) == wire::multifd_magic;
      for (const double part : {0.1, 0.23, 0.4, 0.55, 0.7}) {
        if (ways[0].size() < 200000 && part > 0.1) continue;  // only the VM description is left there
        for (const bool reversed : {false, true})
          join(ways, part, reversed, multifd ? ChannelKind::multifd : ChannelKind::main);
      }
    }
  }
}
