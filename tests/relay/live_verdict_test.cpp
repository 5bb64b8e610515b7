// SPDX-License-Identifier: GPL-2.0-or-later
// Who may be running the guest, by the live log: from what each peer did on real sockets. The expectations
// are those of docs/verdicts.md, and so of real QEMUs; and the recording of each session is judged alike.
#include <doctest/doctest.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <fstream>

#include "peers.hpp"
#include "program.hpp"
#include "proxy/report/json_log.hpp"
#include "proxy_session.hpp"
#include "replay/analyse_file.hpp"
#include "replay/analyses/summary.hpp"

using namespace mig::proxy::test;
namespace json = boost::json;

namespace {

struct JudgedSession : ProxySession {
  explicit JudgedSession(std::vector<std::string> more) : JudgedSession(std::move(more), scratch_folder()) {}
  JudgedSession(std::vector<std::string> more, const std::string& folder)
      : ProxySession(with(std::move(more), {"--once", "--once-grace", "0", "--log", folder + "/log",
                                            "--record", folder + "/recording"})),
        log(folder + "/log"),
        recording(folder + "/recording") {}

  struct Result {
    json::object live, at_end;  ///< the line when the connection ended, and the summary's
    std::string text;           ///< on the terminal
  };
  Result finish() {
    Result result;
    result.text = proxy.finish().out;
    std::ifstream file(log);
    for (std::string line; std::getline(file, line);) {
      auto object = json::parse(line).as_object();
      if (object.at("kind").as_string() == "verdict") result.live = object;
      if (object.at("kind").as_string() == "summary")
        result.at_end = object.at("migrations").at(0).at("verdict").as_object();
    }
    REQUIRE_FALSE(result.live.empty());
    REQUIRE_FALSE(result.at_end.empty());
    CHECK(result.live.at("event") == result.at_end.at("outcome"));
    CHECK(result.live.at("possible") == result.at_end.at("possible"));
    check_recording(result.at_end);
    return result;
  }
  /// migreplay says the same of it.
  void check_recording(const json::object& live) const {
    mig::replay::SummaryCollector summary;
    mig::replay::CaptureDecoder decoder(summary.consumers());
    std::string warning;
    mig::replay::analyse_file(recording, decoder, warning);
    REQUIRE(summary.reported().size() == 1);
    CHECK(live == mig::proxy::verdict_object(summary.reported().front().verdict));
  }
  std::string log, recording;
};

bool possible(const json::object& verdict, std::string_view runner) {
  const auto& all = verdict.at("possible").as_array();
  return std::any_of(all.begin(), all.end(),
                     [&](const json::value& one) { return one.as_string() == runner; });
}

std::string without_last(const std::string& bytes, std::size_t count) {
  return bytes.substr(0, bytes.size() - count);
}

}  // namespace

TEST_CASE("a whole postcopy migration: MIGRATED, certain") {
  JudgedSession session({});
  session.migrate();
  const auto result = session.finish();
  CHECK(result.live.at("event").as_string() == "MIGRATED");
  CHECK(result.live.at("certain").as_bool());
  CHECK(possible(result.live, "destination"));
  CHECK(result.text.find("=== MIGRATED (certain): ") != std::string::npos);
}

TEST_CASE(
    "precopy without return path, all was sent, and the destination resets: it does not run the guest") {
  JudgedSession session({});
  Peer source = connect_to(session.proxy.address());
  Peer destination = session.listener.accept();
  const std::string stream = bytes_of(mig::test::precopy_stream());
  source.send(stream);
  (void)destination.receive(stream.size());
  source.end_sending();
  destination.reset();
  CHECK(source.wait_for_end() == ECONNRESET);
  const auto result = session.finish();
  CHECK_FALSE(possible(result.live, "destination"));
  CHECK(result.live.at("destination").at("state").as_string() == "failed");
  CHECK(result.live.at("event").as_string() == "LOST");
  CHECK(result.text.find("MIGRATED") == std::string::npos);
}

TEST_CASE("PONG 0x42 was sent and a rule dropped it: what the source knows is not what the destination did") {
  JudgedSession session({"--fault", "drop-pong", "--fault", "drop-shut"});
  Peer source = connect_to(session.proxy.address());
  Peer destination = session.listener.accept();
  const std::string stream = without_last(bytes_of(mig::test::postcopy_stream()), 1);  // without EOF
  source.send(stream);
  (void)destination.receive(stream.size());
  const std::string answers = without_last(bytes_of(mig::test::postcopy_return_path()), 8);  // without SHUT
  destination.send(answers);
  (void)source.receive(answers.size() - 8);
  source.reset();
  CHECK(destination.wait_for_end() == ECONNRESET);
  const auto result = session.finish();
  CHECK(possible(result.live, "both"));
  CHECK(result.live.at("source").at("state").as_string() == "runs");
}

TEST_CASE("nothing but precopy pages, and the source closes: it runs the guest, certainly") {
  JudgedSession session({});
  Peer source = connect_to(session.proxy.address());
  Peer destination = session.listener.accept();
  mig::test::StreamBuilder stream;
  stream.file_header().configuration().ram_setup(2, {{"pc.ram", 0x20000}});
  stream.section_part(2).page("pc.ram", 0).eos().footer(2);
  const auto bytes = bytes_of(stream);
  source.send(bytes);
  (void)destination.receive(bytes.size());
  source.end_sending();
  CHECK(destination.wait_for_end() == 0);
  destination.close();
  const auto result = session.finish();
  CHECK(result.live.at("event").as_string() == "RECOVERED");
  CHECK(result.live.at("certain").as_bool());
  CHECK(possible(result.live, "source"));
}

namespace {

/// `stream` arrives, and so does what the destination answers; then the source's side resets.
JudgedSession::Result broken_after(const std::string& stream, const std::string& answers) {
  JudgedSession session({});
  Peer source = connect_to(session.proxy.address());
  Peer destination = session.listener.accept();
  source.send(stream);
  (void)destination.receive(stream.size());
  destination.send(answers);
  (void)source.receive(answers.size());
  source.reset();
  CHECK(destination.wait_for_end() == ECONNRESET);
  return session.finish();
}

/// To the last byte of a package with one CPU in it.
mig::test::StreamBuilder to_the_package(std::string_view machine) {
  mig::test::StreamBuilder package, stream;
  package.listen().device(7, "cpu").ping(3).ping(0x42).run();
  stream.file_header().configuration(machine).open_return_path().ping(1).advise();
  stream.ram_setup(1, {{"pc.ram", 0x2000}});
  stream.section_part(1).page("pc.ram", 0).page("", 0x1000).eos().footer(1);
  stream.discard("pc.ram", {{0x1000, 0x1000}}).package(package);
  return stream;
}

void check_certain(const json::object& verdict, std::string_view runner) {
  CHECK(verdict.at("certain").as_bool());
  CHECK(possible(verdict, runner));
}

}  // namespace

TEST_CASE("the link breaks while the only CPU waits for a page: nobody runs the guest, certainly") {
  mig::test::ReturnPathBuilder answers;
  answers.pong(1).pong(3).pong(0x42).request("pc.ram", 0x1000);
  check_certain(broken_after(bytes_of(to_the_package("pc-i440fx-10.2")), bytes_of(answers)).live, "nobody");
}

TEST_CASE("the link breaks when all memory has come: the destination runs the guest, certainly") {
  mig::test::ReturnPathBuilder answers;
  answers.pong(1).pong(3).pong(0x42);
  auto stream = to_the_package("pc-i440fx-10.2");
  stream.section_part(1).page("pc.ram", 0x1000).eos();
  check_certain(broken_after(bytes_of(stream), bytes_of(answers)).live, "destination");
}

TEST_CASE("the link breaks inside the package of a source that waits for PONG 0x42: it runs the guest") {
  mig::test::ReturnPathBuilder answers;
  answers.pong(1);
  const auto cut = without_last(bytes_of(to_the_package("pc-i440fx-10.2")), 40);
  check_certain(broken_after(cut, bytes_of(answers)).live, "source");
}
