// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/qemu/qmp_client.hpp"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <thread>
#include <vector>

using namespace mig::validate;

namespace {

// Answers the n-th line it receives with the n-th text; %ID stands for the line's id. Closes after the last.
class ScriptedServer {
 public:
  ScriptedServer(const std::string& greeting, std::vector<std::string> answers)
      : answers_(std::move(answers)) {
    int ends[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
    client_ = UniqueFd(ends[0]);
    server_ = UniqueFd(ends[1]);
    send(greeting);
    thread_ = std::thread([this] { serve(); });
  }
  ~ScriptedServer() { thread_.join(); }

  UniqueFd take_client() { return std::move(client_); }

 private:
  void send(const std::string& text) const {
    CHECK(::write(server_.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  }

  bool read_line(std::string& line) const {
    line.clear();
    for (char c = 0; ::read(server_.get(), &c, 1) == 1 && c != '\n';) line += c;
    return !line.empty();
  }

  void serve() {
    std::string line;
    for (auto& answer : answers_) {
      if (!read_line(line)) break;
      const auto id = boost::json::serialize(boost::json::parse(line).as_object().at("id"));
      for (auto at = answer.find("%ID"); at != std::string::npos; at = answer.find("%ID"))
        answer.replace(at, 3, id);
      send(answer);
    }
    ::shutdown(server_.get(), SHUT_WR);
    while (read_line(line)) continue;
  }

  std::vector<std::string> answers_;
  UniqueFd client_, server_;
  std::thread thread_;
};

const std::string greeting = R"({"QMP": {"version": {}, "capabilities": []}})"
                             "\r\n";
const std::string yes = R"({"return": {}, "id": %ID})"
                        "\r\n";

}  // namespace

TEST_CASE("negotiation, a result, an error") {
  ScriptedServer server(greeting, {yes,
                                   R"({"return": {"status": "active"}, "id": %ID})"
                                   "\r\n",
                                   R"({"id": %ID, "error": {"class": "GenericError", "desc": "not now"}})"
                                   "\r\n"});
  const RunClock clock;
  QmpClient qmp(server.take_client(), clock);
  CHECK(qmp.negotiate());
  const auto state = qmp.execute("query-migrate");
  CHECK(state.ok);
  CHECK(state.result.at("status").as_string() == "active");
  const auto refused = qmp.execute("migrate", {{"uri", "tcp:x"}});
  CHECK_FALSE(refused.ok);
  CHECK(refused.error == "not now");
}

TEST_CASE("events keep QEMU's own time, also those that come before an answer") {
  const RunClock clock;
  const auto wall = static_cast<long>(::time(nullptr)) + 100;
  const auto event = R"({"timestamp": {"seconds": )" + std::to_string(wall) +
                     R"(, "microseconds": 500000}, "event": "MIGRATION", "data": {"status": "setup"}})"
                     "\r\n";
  ScriptedServer server(greeting, {yes, event + yes + event});
  QmpClient qmp(server.take_client(), clock);
  REQUIRE(qmp.negotiate());
  CHECK(qmp.execute("stop").ok);
  std::vector<QmpEvent> events;
  while (!qmp.closed() && events.size() < 2)
    for (auto& one : qmp.take_events()) events.push_back(std::move(one));
  REQUIRE(events.size() == 2);
  CHECK(events[0].name == "MIGRATION");
  CHECK(events[0].data.at("status").as_string() == "setup");
  CHECK(events[0].at > 98);
  CHECK(events[0].at < 102);
}

TEST_CASE("an answer may come in pieces, with noise and late answers before it") {
  ScriptedServer server(greeting,
                        {yes, "not json\r\n{\"return\": 1, \"id\": 77}\r\n{\"return\": 5, \"id\": %ID}\r\n"});
  const RunClock clock;
  QmpClient qmp(server.take_client(), clock);
  REQUIRE(qmp.negotiate());
  const auto reply = qmp.execute("x");
  CHECK(reply.ok);
  CHECK(reply.result == 5);
}

TEST_CASE("a server that goes away is an error with a text") {
  const RunClock clock;
  ScriptedServer server(greeting, {yes});
  QmpClient qmp(server.take_client(), clock);
  REQUIRE(qmp.negotiate());
  const auto reply = qmp.execute("quit");
  CHECK_FALSE(reply.ok);
  CHECK(reply.error == "the connection is closed");
  CHECK(qmp.closed());
}

TEST_CASE("a peer that is no QMP server is told from one") {
  ScriptedServer server("SSH-2.0-x\r\n", {});
  const RunClock clock;
  QmpClient qmp(server.take_client(), clock);
  CHECK_FALSE(qmp.negotiate(1));
}

TEST_CASE("a deadline holds when the server stays silent") {
  int ends[2];
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
  const UniqueFd silent(ends[1]);
  const RunClock clock;
  QmpClient qmp(UniqueFd{ends[0]}, clock);
  const auto reply = qmp.execute("query-status", {}, 0.15);
  CHECK(reply.error == "no answer in time");
  CHECK(clock.now() >= 0.15);
  CHECK(clock.now() < 2);
  CHECK_FALSE(qmp.closed());
}
