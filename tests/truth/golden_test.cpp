// SPDX-License-Identifier: GPL-2.0-or-later
// Event logs of real captures, kept as text: any change of what the parser says shows up as a difference to
// read. MIG_UPDATE_GOLDEN=1 writes them anew.
#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <memory>
#include <sstream>

#include "mig/connection_parser.hpp"
#include "mig/describe.hpp"
#include "mig/fields.hpp"
#include "mig/history/migration.hpp"
#include "replay/input/capture_reader.hpp"
#include "support/layout_check.hpp"

using namespace mig;

namespace {

/// One line per unit, per connection and direction in stream order; runs of pages are counted.
class GoldenLog final : public replay::CaptureSink {
 public:
  void opened(ConnectionId id, const replay::ConnectionInfo&, replay::Moment) override {
    ways_.push_back(std::make_unique<Connection>(set_, id));
  }
  void data(ConnectionId id, Direction direction, Bytes bytes, replay::Moment) override {
    auto& c = *ways_.at(static_cast<std::size_t>(id));
    Sink sink(c, c.way[static_cast<int>(direction)]);
    static_cast<void>(c.parser.feed(direction, bytes, sink));
  }
  void missing(ConnectionId, Direction, std::uint64_t, replay::Moment) override {
    FAIL("the samples are complete");
  }
  void closed(ConnectionId id, bool reset, replay::Moment) override {
    auto& c = *ways_.at(static_cast<std::size_t>(id));
    for (const auto direction : {Direction::forward, Direction::return_path}) {
      Sink sink(c, c.way[static_cast<int>(direction)]);
      static_cast<void>(c.parser.finish(direction, sink));
    }
    if (auto* m = c.parser.migration()) m->closed({id, c.parser.kind(), Direction::forward}, reset, notices_);
  }
  std::string text() {
    std::ostringstream out;
    for (auto& c : ways_) {
      for (const auto direction : {Direction::forward, Direction::return_path}) {
        auto& way = c->way[static_cast<int>(direction)];
        flush(way);
        if (way.lines.empty()) continue;
        out << "# connection " << static_cast<std::uint32_t>(c->parser.id()) << " "
            << to_string(c->parser.kind()) << " " << to_string(direction) << "\n";
        for (const auto& line : way.lines) out << line << "\n";
      }
    }
    return out.str();
  }

 private:
  struct Way {
    std::vector<std::string> lines;
    std::uint64_t pages = 0, zero_pages = 0, requests = 0;
  };
  struct Connection {
    Connection(MigrationSet& set, ConnectionId id) : parser(set, id) {}
    ConnectionParser parser;
    Way way[2];
  };
  struct Sink final : EventSink {
    Sink(Connection& c, Way& w) : connection(c), way(w) {}
    void on_event(const Event& event, Bytes raw) override {
      static const StreamTables none;
      const auto* m = connection.parser.migration();
      const auto& tables = m != nullptr ? m->tables() : none;
      if (const auto fault = test::layout_fault(event, raw, tables); !fault.empty()) FAIL_CHECK(fault);
      line(way, event, tables);
    }
    Connection& connection;
    Way& way;
  };

  static void flush(Way& way) {
    if (way.pages + way.zero_pages != 0) {
      way.lines.push_back("... " + std::to_string(way.pages) + " pages, " + std::to_string(way.zero_pages) +
                          " zero pages");
    }
    if (way.requests != 0) way.lines.push_back("... " + std::to_string(way.requests) + " page requests");
    way.pages = way.zero_pages = way.requests = 0;
  }
  static void line(Way& way, const Event& event, const StreamTables& tables) {
    if (std::holds_alternative<Payload>(event.body)) return;  // in whatever pieces they came
    if (const auto* page = std::get_if<PageRecord>(&event.body); page != nullptr && !page->names_block) {
      ++(page->encoding == PageEncoding::zero ? way.zero_pages : way.pages);
    } else if (std::holds_alternative<MultifdPage>(event.body)) {
      ++way.pages;
    } else if (const auto* request = std::get_if<PageRequest>(&event.body);
               request != nullptr && !request->names_block) {
      ++way.requests;
    } else {
      flush(way);
      way.lines.push_back(describe(event, tables));
    }
  }

  MigrationSet set_;
  std::vector<std::unique_ptr<Connection>> ways_;
  std::vector<Notice> notices_;
};

std::string read_file(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace

TEST_CASE("event logs of real captures are as kept") {
  for (const char* name : {"03-postcopy-11.1-11.1", "05-postcopy-11.1-7.2", "07-postcopy-preempt-11.1-11.1",
                           "08-multifd2-none-11.1-11.1", "11a-postcopy-pause-recover-11.1-11.1",
                           "12-postcopy-devfail-11.1-11.1.dstleg"}) {
    CAPTURE(name);
    GoldenLog log;
    std::string warning;
    static_cast<void>(replay::read_capture(std::string(MIG_SAMPLES "/") + name + ".pcap.zst", log, warning));
    CHECK(warning.empty());
    const auto file = std::string(MIG_SAMPLES "/") + name + ".events";
    if (std::getenv("MIG_UPDATE_GOLDEN") != nullptr) std::ofstream(file) << log.text();
    std::istringstream expected(read_file(file)), seen(log.text());
    std::string a, b;
    for (int number = 1; std::getline(expected, a); ++number) {
      CAPTURE(number);
      REQUIRE(std::getline(seen, b));
      REQUIRE(b == a);
    }
    REQUIRE_FALSE(std::getline(seen, b));
  }
}
