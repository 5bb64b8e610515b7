// SPDX-License-Identifier: GPL-2.0-or-later
// --record-pages=no: real captures as two recordings, with page contents and without, read by migreplay.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/json.hpp>
#include <filesystem>
#include <map>

#include "proxy/record/file_writer.hpp"
#include "proxy/record/recording.hpp"
#include "proxy_session.hpp"
#include "replay/analyse_file.hpp"
#include "replay/extract/extractor.hpp"
#include "replay/redact/redact_file.hpp"
#include "replay/report/report_data.hpp"

using namespace mig;
using namespace mig::proxy;
namespace json = boost::json;

namespace {

/// A recording of what a capture holds, as if it had passed through migproxy untouched and in no time.
class Taped final : public replay::CaptureSink {
 public:
  Taped(const std::string& file, bool pages)
      : fd_(::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)),
        writer_(fd_),
        recording_(
            context_, writer_, [](const std::string& text) { FAIL(text); }, pages) {
    recording_.start({"migproxy", "here", "there", {}, [this] { return now_; }});
  }
  ~Taped() { ::close(fd_); }
  Taped(const Taped&) = delete;
  Taped& operator=(const Taped&) = delete;

  void opened(ConnectionId id, const replay::ConnectionInfo& info, replay::Moment moment) override {
    const Who who{id};
    const auto port = std::to_string(50000 + static_cast<unsigned>(id));
    const auto client = connect_endpoints(parse_address("127.0.0.1:" + port)).front();
    const auto server =
        connect_endpoints(parse_address("127.0.0.1:" + std::to_string(info.server.port))).front();
    on(Opened{who, client, server}, moment);
    on(Connected{who, client, server}, moment);
  }
  void data(ConnectionId id, Direction direction, Bytes bytes, replay::Moment moment) override {
    const bool forward = direction == Direction::forward;
    for (const auto side :
         {forward ? Side::source : Side::destination, forward ? Side::destination : Side::source})
      on(BytesMoved{id, side, direction, bytes}, moment);
  }
  void missing(ConnectionId, Direction, std::uint64_t, replay::Moment) override { FAIL("a gap in a sample"); }
  void closed(ConnectionId id, bool reset, replay::Moment moment) override {
    const Who who{id};
    on(Closed{who, Ending::orderly, Direction::forward, Traffic{}, reset}, moment);
  }
  void finish() { recording_.finish(); }

 private:
  void on(const RelayEvent& event, const replay::Moment& moment) {
    now_ = static_cast<std::uint64_t>(moment.time.count());
    recording_.on(event);
    context_.poll();
    context_.restart();
  }

  boost::asio::io_context context_;
  int fd_;
  FileWriter writer_;
  Recording recording_;
  std::uint64_t now_ = 0;
};

/// What docs/recording.md says that page contents alone decide: how many packets there are, so their numbers.
json::value without_packets(const json::value& value) {
  if (const auto* list = value.if_array()) {
    json::array out;
    for (const auto& one : *list) out.push_back(without_packets(one));
    return out;
  }
  if (!value.is_object()) return value;
  json::object out;
  for (const auto& [key, one] : value.get_object())
    if (!key.ends_with("packet")) out[key] = without_packets(one);
  return out;
}

/// Everything that migreplay says of a recording.
std::string answers(const std::string& file) {
  replay::SummaryCollector summary(true, replay::Analyses::all());
  replay::CaptureDecoder analysis(summary.consumers());
  std::string warning;
  static_cast<void>(replay::analyse_file(file, analysis, warning));
  CHECK(warning.empty());
  return json::serialize(without_packets(replay::report_data(summary)));
}

std::string problem_of(const std::string& file, const char* what) {
  const auto request = replay::parse_extract(what);
  REQUIRE(request);
  replay::OutputFile out(file + ".out");
  const auto extractor = replay::make_extractor(*request, out);
  replay::CaptureDecoder analysis({extractor.get()});
  std::string warning;
  static_cast<void>(replay::analyse_file(file, analysis, warning));
  return extractor->problem();
}

struct Pair {
  std::string with = proxy::test::scratch_folder() + "/with.pcapng",
              without = proxy::test::scratch_folder() + "/without.pcapng";
};

Pair both_of(const std::string& sample) {
  Pair made;
  for (const bool pages : {true, false}) {
    Taped synthesizerd(pages ? made.with : made.without, pages);
    std::string warning;
    static_cast<void>(replay::read_capture(sample, synthesizerd, warning));
    synthesizerd.finish();
  }
  return made;
}

}  // namespace

TEST_CASE("without page contents migreplay says the same of every sample") {
  unsigned compared = 0;
  for (const auto& entry : std::filesystem::directory_iterator(MIG_SAMPLES)) {
    const std::string sample = entry.path();
    if (!sample.ends_with(".pcap.zst")) continue;
    CAPTURE(sample);
    const auto made = both_of(sample);
    const auto full = answers(made.with);
    CHECK(full.size() > 1000);
    CHECK(answers(made.without) == full);
    const auto size = std::filesystem::file_size(made.with);
    const auto small = std::filesystem::file_size(made.without);
    CHECK(small * 10 < size);
    ++compared;
  }
  CHECK(compared >= 10);
}

TEST_CASE("extract, send and redact know that pages were not recorded") {
  const auto made = both_of(MIG_SAMPLES "/07-postcopy-preempt-11.1-11.1.pcap.zst");
  const std::string why = "page contents were not recorded (migproxy --record-pages=no)";
  CHECK(problem_of(made.without, "ram:pc.ram") == why);
  CHECK(problem_of(made.without, "stream") == why);
  CHECK(problem_of(made.without, "package").empty());
  CHECK(problem_of(made.without, "device:serial").empty());
  CHECK(problem_of(made.with, "ram:pc.ram").empty());
  const auto redacted = made.without + ".redacted";
  const auto result = replay::redact_file(made.without, redacted);
  CHECK(result.warning.empty());
  CHECK(result.same_structure);
  CHECK(answers(redacted).size() > 1000);  // without a warning
}
