// SPDX-License-Identifier: GPL-2.0-or-later
// A whole migration through migproxy: bytes, log, summary, exit codes, signals.
#include <doctest/doctest.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cerrno>
#include <csignal>
#include <fstream>
#include <thread>

#include "peers.hpp"
#include "proxy_session.hpp"

using namespace mig::proxy::test;
namespace json = boost::json;

namespace {

/// A migration whose log is read.
struct Session : ProxySession {
  explicit Session(std::vector<std::string> more)
      : Session(std::move(more), scratch_folder() + "/log.ndjson") {}
  Session(std::vector<std::string> more, const std::string& file, const std::string& listen = "127.0.0.1:0",
          const std::string& connect = "127.0.0.1:0")
      : ProxySession(with(std::move(more), {"--log", file}), listen, connect), log(file) {}
  std::vector<json::object> lines() const {
    std::vector<json::object> all;
    std::ifstream file(log);
    for (std::string line; std::getline(file, line);) all.push_back(json::parse(line).as_object());
    return all;
  }
  std::string log;
};

std::vector<json::object> of_kind(const std::vector<json::object>& lines, std::string_view kind) {
  std::vector<json::object> found;
  for (const auto& line : lines) {
    if (line.at("kind").as_string() == kind) found.push_back(line);
  }
  return found;
}

json::object unit_line(const std::vector<json::object>& lines, std::string_view event,
                       std::string_view value) {
  for (const auto& line : of_kind(lines, "unit")) {
    const auto& fields = line.at("fields").as_object();
    if (line.at("event").as_string() == event && fields.contains("value") &&
        fields.at("value").as_string() == value) {
      return line;
    }
  }
  return {};
}

}  // namespace

TEST_CASE("without a rule the bytes are the same, and the log tells the migration") {
  Session session({"--once", "--trace"});
  session.migrate();
  const Finished end = session.proxy.finish();
  CHECK(end.status == 0);
  CHECK(end.err.empty());
  CHECK(session.arrived == bytes_of(mig::test::postcopy_stream()));
  CHECK(session.came_back == bytes_of(mig::test::postcopy_return_path()));
  const auto lines = session.lines();
  REQUIRE(lines.size() > 20);
  CHECK(lines.front().at("kind").as_string() == "start");
  CHECK(lines.back().at("kind").as_string() == "summary");
  CHECK(lines.back().at("migrations").as_array().at(0).at("phase").as_string() == "completed");
  std::int64_t last = 0;
  for (const auto& line : lines) {
    CHECK(line.at("time_us").to_number<std::int64_t>() >= last);
    last = line.at("time_us").to_number<std::int64_t>();
    CHECK(line.at("wall").as_string().size() == 27);
  }
  const auto pong = unit_line(lines, "pong", "0x42");
  REQUIRE_FALSE(pong.empty());
  CHECK(pong.at("direction").as_string() == "return-path");
  CHECK(pong.at("migration").to_number<int>() == 1);
  CHECK(pong.at("connection").to_number<int>() == 1);
  CHECK(pong.at("channel").as_string() == "main");
  CHECK(pong.at("length").to_number<int>() == 8);
  CHECK(pong.at("decision").as_string() == "forwarded");
  CHECK_FALSE(of_kind(lines, "pages").empty());
  CHECK_FALSE(of_kind(lines, "phase").empty());
  CHECK_FALSE(of_kind(lines, "notice").empty());
}

TEST_CASE("every page has a line with --log-pages") {
  Session session({"--once", "--log-pages", "--quiet"});
  session.migrate();
  const Finished end = session.proxy.finish();
  CHECK(end.out == "listening on " + session.proxy.address() + "\n");
  const auto lines = session.lines();
  const auto units = of_kind(lines, "unit");
  CHECK(of_kind(lines, "pages").empty());
  const auto count = [&](std::string_view event) {
    return std::count_if(units.begin(), units.end(),
                         [&](const auto& line) { return line.at("event").as_string() == event; });
  };
  CHECK(count("page") == 4);
  CHECK(count("zero-page") == 2);
}

TEST_CASE("a rule that fired: bytes, log, exit 0") {
  Session session({"--once", "--once-grace", "0", "--fault", "drop-pong"});
  session.migrate();
  const Finished end = session.proxy.finish();
  CHECK(end.status == 0);
  CHECK(session.came_back.size() == bytes_of(mig::test::postcopy_return_path()).size() - 8);
  const auto lines = session.lines();
  const auto pong = unit_line(lines, "pong", "0x42");
  REQUIRE_FALSE(pong.empty());
  CHECK(pong.at("decision").as_string() == "dropped");
  CHECK(pong.at("rule").as_string() == "drop-pong");
  CHECK(lines.back().at("rules").as_array().at(0).at("fired").to_number<int>() == 1);
  CHECK(
      lines.back().at("migrations").as_array().at(0).at("pings_without_pong").as_array().at(0).as_string() ==
      "0x42");
}

TEST_CASE("a rule that never fired: exit 3") {
  Session session({"--once", "--once-grace", "0", "--fault", "drop-resume-ack"});
  session.migrate();
  const Finished end = session.proxy.finish();
  CHECK(end.status == 3);
  CHECK(end.out.find("drop-resume-ack: never fired: no resume-ack was seen") != std::string::npos);
}

TEST_CASE("once: a paused postcopy may be recovered while its grace lasts, and as long as it then takes") {
  using mig::test::ReturnPathBuilder;
  using mig::test::StreamBuilder;
  Session session({"--once", "--once-grace", "2"});
  Peer source = connect_to(session.proxy.address());
  Peer destination = session.listener.accept();
  const std::string stream = bytes_of(mig::test::postcopy_stream());
  source.send(stream.substr(0, stream.size() - 1));  // without EOF
  (void)destination.receive(stream.size() - 1);
  const std::string answers = bytes_of(mig::test::postcopy_return_path());
  destination.send(answers.substr(0, answers.size() - 8));  // without SHUT
  (void)source.receive(answers.size() - 8);
  source.reset();
  CHECK(destination.wait_for_end() == ECONNRESET);

  std::this_thread::sleep_for(std::chrono::milliseconds(300));  // the grace has begun, and lasts
  Peer again = connect_to(session.proxy.address());
  Peer recovered = session.listener.accept();
  const std::string ask = bytes_of(StreamBuilder{}.recv_bitmap_request("pc.ram"));
  again.send(ask);
  CHECK(recovered.receive(ask.size()) == ask);
  std::this_thread::sleep_for(std::chrono::milliseconds(2500));  // longer than the grace
  const std::string rest = bytes_of(StreamBuilder{}.resume()) + std::string(1, '\0');
  again.send(rest);
  CHECK(recovered.receive(rest.size()) == rest);
  recovered.send(bytes_of(ReturnPathBuilder{}.shut()));
  (void)again.receive(8);
  again.end_sending();
  recovered.end_sending();
  CHECK(session.proxy.finish().status == 0);
  const auto summary = session.lines().back();
  CHECK(summary.at("connections").to_number<int>() == 2);
  CHECK(summary.at("migrations").as_array().size() == 1);
  CHECK(summary.at("migrations").at(0).at("phase").as_string() == "completed");
}

TEST_CASE("once: a paused postcopy that nobody recovers ends with its grace") {
  Session session({"--once", "--once-grace", "0.3"});
  Peer source = connect_to(session.proxy.address());
  Peer destination = session.listener.accept();
  const std::string stream = bytes_of(mig::test::postcopy_stream());
  source.send(stream.substr(0, stream.size() - 1));
  (void)destination.receive(stream.size() - 1);
  const std::string answers = bytes_of(mig::test::postcopy_return_path());
  destination.send(answers.substr(0, answers.size() - 8));
  (void)source.receive(answers.size() - 8);
  source.reset();
  CHECK(session.proxy.finish().status == 0);
  CHECK(session.lines().back().at("migrations").at(0).at("phase").as_string() == "postcopy-paused");
}

TEST_CASE("a destination that breaks off: every unit that left is in the log") {
  std::string stream("QEVM\0\0\0\3", 8);
  const std::string ping("\x08\0\2\0\4\0\0\0\1", 9);
  while (stream.size() < (16U << 20)) stream += ping;
  const std::string folder = scratch_folder();  // unix sockets have little room: of a chunk a part is written
  Session session({"--once", "--once-grace", "0"}, folder + "/log.ndjson", "unix:" + folder + "/in",
                  "unix:" + folder + "/out");
  Peer source = connect_to(session.proxy.address());
  Peer destination = session.listener.accept();
  std::thread sender([&] {
    try {
      source.send(stream);
    } catch (const std::exception&) {  // it is reset before all is sent
    }
  });
  const auto until_nothing_goes = [] { std::this_thread::sleep_for(std::chrono::milliseconds(300)); };
  until_nothing_goes();
  (void)destination.receive(219'000);  // makes room for a part of the next chunk
  until_nothing_goes();
  destination.close();
  sender.join();
  CHECK(session.proxy.finish().status == 0);
  std::uint64_t told = 0, left = 0;
  for (const auto& line : session.lines()) {
    const auto number = [&](const char* key) { return line.at(key).to_number<std::uint64_t>(); };
    if (line.at("kind").as_string() == "unit") told = number("offset") + number("length");
    if (line.at("event").as_string() == "reset") left = number("forward_bytes");
  }
  CHECK(left < stream.size());
  CHECK(left >= told);
  CHECK(left - told < ping.size());
}

TEST_CASE("a silent preempt connection: passed at once, and ended with the others") {
  const std::string first_page("\0\0\0\0\0\x10\0\x08\6pc.ram", 15);
  for (const std::string channel : {"all", "preempt"}) {
    for (const std::string& says : {std::string(), first_page}) {
      CAPTURE(channel);
      Session session({"--fault", "reset-connection,on=SIGUSR1,channel=" + channel, "--fault", "drop-ping"});
      Peer source = connect_to(session.proxy.address());
      Peer destination = session.listener.accept();
      const std::string stream = bytes_of(mig::test::postcopy_stream());
      source.send(stream.substr(0, stream.size() - 1));
      (void)destination.receive(1);
      Peer preempt = connect_to(session.proxy.address());
      Peer preempt_end = session.listener.accept();
      for (const char byte : says) {  // each is awaited before the next is sent: nothing may be kept back
        preempt.send({&byte, 1});
        CHECK(preempt_end.receive(1) == std::string(1, byte));
      }
      session.proxy.signal(SIGUSR1);
      CHECK(preempt.wait_for_end() == ECONNRESET);
      CHECK(preempt_end.wait_for_end() == ECONNRESET);
      if (channel == "all") {
        CHECK(source.wait_for_end() == ECONNRESET);
        CHECK(destination.wait_for_end() == ECONNRESET);
      } else {
        const std::string answers = bytes_of(mig::test::postcopy_return_path());
        destination.send(answers);
        CHECK(source.receive(answers.size()) == answers);
      }
    }
  }
}

TEST_CASE("no connection reached the destination: exit 1") {
  RunningProxy proxy({"--listen", "127.0.0.1:0", "--connect", dead_address()});
  CHECK(connect_to(proxy.address()).wait_for_end() == ECONNRESET);
  proxy.signal(SIGTERM);
  const Finished end = proxy.finish();
  CHECK(end.status == 1);
  CHECK(end.err.find("is it listening there?") != std::string::npos);
}

TEST_CASE("SIGINT and SIGTERM write everything and end; a unix socket is removed") {
  for (const int number : {SIGINT, SIGTERM}) {
    Session session({});
    Peer source = connect_to(session.proxy.address());
    Peer destination = session.listener.accept();
    source.send("no migration");
    CHECK(destination.receive(12) == "no migration");
    session.proxy.signal(number);
    const Finished end = session.proxy.finish();
    CHECK(end.status == 0);
    CHECK(end.out.find("summary") != std::string::npos);
    CHECK(session.lines().back().at("kind").as_string() == "summary");
    CHECK(session.lines().back().at("forward").at("bytes_sent").to_number<int>() == 12);
  }
  PeerListener listener;
  const std::string path = scratch_folder() + "/gone.sock";
  RunningProxy proxy({"--listen", "unix:" + path, "--connect", listener.address(), "--quiet"});
  CHECK(proxy.address() == "unix:" + path);
  CHECK(std::ifstream(path).fail());  // a socket cannot be opened, but
  (void)connect_to("unix:" + path);
  proxy.signal(SIGTERM);
  CHECK(proxy.finish().status == 0);
  CHECK_THROWS((void)connect_to("unix:" + path));
}

TEST_CASE("a signal releases what a rule holds") {
  Session session({"--once", "--once-grace", "0", "--fault", "hold-pong,until=SIGUSR1"});
  Peer source = connect_to(session.proxy.address());
  Peer destination = session.listener.accept();
  source.send(bytes_of(mig::test::postcopy_stream()));
  (void)destination.receive(bytes_of(mig::test::postcopy_stream()).size());
  const std::string answers = bytes_of(mig::test::postcopy_return_path());
  destination.send(answers);
  (void)source.receive(answers.size() - 8);
  CHECK(source.is_silent());
  session.proxy.signal(SIGUSR1);
  CHECK(source.receive(8) == std::string("\0\2\0\4\0\0\0\x42", 8));
  source.end_sending();
  destination.end_sending();
  CHECK(session.proxy.finish().status == 0);
}

TEST_CASE(
    "bytes that look like TLS, and bytes that look like nothing, pass untouched with and without rules") {
  const std::string hello =
      std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11) + random_bytes(300'000, 5);
  for (const std::vector<std::string>& rules :
       {std::vector<std::string>{}, {"--fault", "drop-pong"}, {"--fault", "drop-ping"}}) {
    for (const std::string& bytes : {hello, random_bytes(300'000, 6), std::string("x")}) {
      Session session(rules);
      Peer source = connect_to(session.proxy.address());
      Peer destination = session.listener.accept();
      source.send(bytes);
      CHECK(destination.receive(bytes.size()) == bytes);
      destination.send(bytes);
      CHECK(source.receive(bytes.size()) == bytes);
      session.proxy.signal(SIGTERM);
      (void)session.proxy.finish();
    }
  }
}
