// SPDX-License-Identifier: GPL-2.0-or-later
// A postcopy migration of QEMU 10.2 or later, cut anywhere: what the capture says of who runs the guest,
// against a model of the two QEMUs (docs/verdicts.md has its evidence). The input says whether the devices
// load, how much of either direction was delivered, who ended the connection, and what the capture lacks.
#include <algorithm>
#include <map>

#include "fuzz/choices.hpp"
#include "fuzz/target.hpp"
#include "mig/connection_parser.hpp"
#include "replay/analyses/summary.hpp"
#include "support/stream_builder.hpp"

namespace mig::test {
namespace {

constexpr std::uint32_t loaded = 0x42;
enum class Ended : std::uint8_t { not_yet, by_source, by_destination };

struct Course {
  bool loads = false;
  Ended ended = Ended::not_yet;
  std::size_t delivered = 0;  // bytes of the forward stream
  std::size_t answers = 0;    // messages of the destination that arrived
  std::size_t gap_at = 0, gap = 0;
};

/// Where in the forward stream the destination has what it answers.
struct Places {
  std::vector<std::pair<std::size_t, std::uint32_t>> pings;  // where, value
  std::size_t package_begins = 0, package_ends = 0, behind_ping_4 = 0;
};

class PlaceFinder final : public EventSink {
 public:
  Places places;
  void on_event(const Event& event, Bytes) override {
    const auto end = static_cast<std::size_t>(event.range.end);
    if (std::holds_alternative<PackageBegin>(event.body)) places.package_begins = end;
    if (std::holds_alternative<PackageEnd>(event.body)) places.package_ends = end;
    const auto* ping = std::get_if<Ping>(&event.body);
    if (ping == nullptr) return;
    places.pings.emplace_back(end, ping->value);
    if (ping->value == 4) places.behind_ping_4 = end;
  }
};

const Places& places() {
  static const Places found = [] {
    StreamTables tables;
    ForwardParser parser(tables, ForwardStart::file_header);
    PlaceFinder finder;
    const auto stream = postcopy_stream();
    static_cast<void>(parser.feed(stream, finder));
    for (auto& [where, value] : finder.places.pings)  // the package is read when it is whole
      if (where > finder.places.package_begins) where = std::max(where, finder.places.package_ends);
    std::ranges::stable_sort(finder.places.pings);
    return finder.places;
  }();
  return found;
}

/// What reached the source, and after which byte of the forward stream.
using Answers = std::vector<std::pair<std::size_t, ReturnPathBuilder>>;
Answers answers_of(const Course& course, std::size_t whole, bool& pong_loaded) {
  Answers out;
  for (const auto& [where, value] : places().pings) {
    const bool of_package = value == 3 || value == loaded;
    if (where > course.delivered || out.size() == course.answers || (of_package && !course.loads)) continue;
    pong_loaded = pong_loaded || value == loaded;
    out.emplace_back(where, ReturnPathBuilder().pong(value));
  }
  if (course.delivered == whole && course.loads && out.size() < course.answers)
    out.emplace_back(whole, ReturnPathBuilder().shut());
  return out;
}

struct Truth {
  std::vector<bool> source, destination;  // may its guest run?
  [[nodiscard]] bool allows(Runner runner) const {
    const bool at_source = runner == Runner::source || runner == Runner::both;
    const bool at_destination = runner == Runner::destination || runner == Runner::both;
    return std::ranges::find(source, at_source) != source.end() &&
           std::ranges::find(destination, at_destination) != destination.end();
  }
};

Truth truth_of(const Course& course, std::size_t whole, bool pong_loaded, bool shut) {
  Truth truth;
  const bool package = course.delivered >= places().package_ends;
  if (shut) return {{false}, {true}};
  if (course.ended == Ended::not_yet) {
    truth.source =
        package ? std::vector{false} : std::vector{true, false};  // stopped some time before the package
  } else if (pong_loaded) {
    truth.source = course.delivered == whole ? std::vector{true, false} : std::vector{false};
  } else {
    truth.source = course.ended == Ended::by_source ? std::vector{true, false} : std::vector{true};
  }
  if (!package || !course.loads || course.ended == Ended::by_destination) {
    truth.destination = {false};
  } else {  // it stops at the first page that is missing, and for a moment it is still loading
    truth.destination = course.delivered == whole ? std::vector{true} : std::vector{true, false};
  }
  return truth;
}

/// The capture of it, byte by byte and answer by answer.
class Capture {
 public:
  Capture() : analysis_(summary_.consumers()) {
    analysis_.started({});
    replay::ConnectionInfo info;
    info.client.port = 50000, info.server.port = 4444;
    analysis_.opened(id, info, next());
  }
  void forward(Bytes bytes) { data(Direction::forward, bytes); }
  void answer(Bytes bytes) { data(Direction::return_path, bytes); }
  void missing(std::size_t count) {
    if (count != 0) analysis_.missing(id, Direction::forward, count, next());
  }
  void end(Direction by) {
    analysis_.ended(id, by, true, next());
    analysis_.closed(id, true, next());
  }
  [[nodiscard]] const std::vector<replay::Reported>& after_silence() {
    moment_.time += std::chrono::seconds(3);
    analysis_.finish(moment_.time);
    return summary_.reported();
  }

 private:
  static constexpr ConnectionId id{0};
  void data(Direction direction, Bytes bytes) {
    if (!bytes.empty()) analysis_.data(id, direction, bytes, next());
  }
  replay::Moment next() {
    ++moment_.packet;
    moment_.time += std::chrono::milliseconds(1);
    return moment_;
  }
  replay::SummaryCollector summary_{false};
  replay::CaptureDecoder analysis_;
  replay::Moment moment_;
};

void send(Capture& capture, const Course& course, Bytes stream, std::size_t from, std::size_t to) {
  const auto gap_begins = std::clamp(course.gap_at, from, to);
  const auto gap_ends = std::clamp(course.gap_at + course.gap, from, to);
  capture.forward(stream.subspan(from, gap_begins - from));
  capture.missing(gap_ends - gap_begins);
  capture.forward(stream.subspan(gap_ends, to - gap_ends));
}

Course course_of(Bytes input, std::size_t whole) {
  Choices choices(input);
  Course course;
  course.loads = choices.u8() % 2 == 1;
  course.ended = static_cast<Ended>(choices.u8() % 3);
  course.delivered = choices.be16() % (whole + 1);
  course.answers = choices.u8() % 8;
  course.gap_at = choices.be16();
  course.gap = choices.be16() % 64;
  return course;
}

}  // namespace

void fuzz_verdict(Bytes input) {
  const auto stream = postcopy_stream();
  auto course = course_of(input, stream.size());
  bool pong_loaded = false;
  auto answers = answers_of(course, stream.size(), pong_loaded);
  if (!pong_loaded)
    course.delivered = std::min(course.delivered, places().behind_ping_4);  // more is not sent
  answers = answers_of(course, stream.size(), pong_loaded = false);
  Capture capture;
  std::size_t sent = 0;
  for (const auto& [where, message] : answers) {
    send(capture, course, stream, sent, where);
    capture.answer(message);
    sent = where;
  }
  send(capture, course, stream, sent, course.delivered);
  if (course.ended != Ended::not_yet)
    capture.end(course.ended == Ended::by_source ? Direction::forward : Direction::return_path);
  const bool shut = !answers.empty() && answers.back().first == stream.size();
  const auto truth = truth_of(course, stream.size(), pong_loaded, shut);
  for (const auto& migration : capture.after_silence())
    require(std::ranges::any_of(migration.verdict.possible, [&](Runner r) { return truth.allows(r); }),
            "who really runs the guest is among those who may");
}

}  // namespace mig::test
