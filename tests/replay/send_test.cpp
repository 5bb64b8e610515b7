// SPDX-License-Identifier: GPL-2.0-or-later
// The destination is a thread of this test; tests/e2e/ has a real one.
#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <thread>

#include "replay/analyse_file.hpp"
#include "replay/send/player.hpp"
#include "support/stream_builder.hpp"

using namespace mig;
using namespace mig::replay;

namespace {

/// Accepts `count` connections one after the other, answers on the first at once, and reads all to their
/// ends.
class Destination {
 public:
  Destination(std::size_t count, test::Buffer answer) : answer_(std::move(answer)) {
    sockaddr_un at{};
    at.sun_family = AF_UNIX;
    path_.copy(at.sun_path, sizeof at.sun_path - 1);
    listener_ = ::socket(AF_UNIX, SOCK_STREAM, 0);
    REQUIRE(::bind(listener_, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0);
    REQUIRE(::listen(listener_, 8) == 0);
    thread_ = std::thread([this, count] { serve(count); });
  }
  Destination(const Destination&) = delete;
  Destination& operator=(const Destination&) = delete;
  ~Destination() { join(); }
  void join() {
    if (thread_.joinable()) thread_.join();
    if (listener_ >= 0) ::close(listener_);
    listener_ = -1;
    std::filesystem::remove(path_);
  }
  [[nodiscard]] std::string address() const { return "unix:" + path_; }
  std::vector<test::Buffer> received;  ///< by connection; after join()

 private:
  void serve(std::size_t count) {
    std::vector<std::thread> readers;
    received.resize(count);
    for (std::size_t i = 0; i < count; ++i) {
      const int s = ::accept(listener_, nullptr, nullptr);
      if (i == 0) static_cast<void>(::send(s, answer_.data(), answer_.size(), MSG_NOSIGNAL));
      readers.emplace_back([s, &out = received[i]] {
        std::byte buffer[4096];
        for (ssize_t n = 0; (n = ::recv(s, buffer, sizeof buffer, 0)) > 0;)
          out.insert(out.end(), buffer, buffer + n);
        ::close(s);
      });
    }
    for (auto& reader : readers) reader.join();
  }
  std::string path_ =
      (std::filesystem::temp_directory_path() / ("mig-send-" + std::to_string(getpid()))).string();
  test::Buffer answer_;
  int listener_ = -1;
  std::thread thread_;
};

/// The forward bytes of each connection, from the events.
class Forward final : public Consumer {
 public:
  void event(const EventContext& context, const Event&, Bytes raw) override {
    if (context.direction != Direction::forward) return;
    auto& out = bytes[context.connection];
    out.insert(out.end(), raw.begin(), raw.end());
  }
  std::map<ConnectionId, test::Buffer> bytes;
};

void read(const std::string& path, Consumer& consumer) {
  CaptureDecoder analysis({&consumer});
  std::string warning;
  static_cast<void>(analyse_file(path, analysis, warning));
}

}  // namespace

TEST_CASE("every channel arrives byte for byte, and the answers are compared") {
  for (const char* name : {"07-postcopy-preempt-11.1-11.1.pcap.zst", "08-multifd2-none-11.1-11.1.pcap.zst",
                           "18a-file-stream-11.1-11.1.migstream.zst"}) {
    CAPTURE(name);
    const auto path = std::string(MIG_SAMPLES) + "/" + name;
    Forward forward;
    read(path, forward);
    ChannelsOf channels(1);
    read(path, channels);
    REQUIRE(channels.connections().size() == forward.bytes.size());
    const auto answer = test::ReturnPathBuilder{}.pong(1).pong(2).pong(3).pong(4).pong(0x42).bytes();
    Destination destination(forward.bytes.size(), answer);
    Player player({destination.address(), true, 20}, channels.connections());
    read(path, player);
    destination.join();
    CHECK(player.stopped().empty());
    std::size_t i = 0;
    for (const auto& [id, bytes] : forward.bytes) {
      REQUIRE(i < destination.received.size());
      CHECK(destination.received[i++] == bytes);
    }
    CHECK(player.now().pongs.size() == 5);
  }
}

TEST_CASE("at recorded pace nothing comes before its time") {
  // Its last unit was recorded 547 ms behind the first packet; a slow machine only takes longer.
  const auto path = std::string(MIG_SAMPLES) + "/07-postcopy-preempt-11.1-11.1.pcap.zst";
  ChannelsOf channels(1);
  read(path, channels);
  Destination destination(channels.connections().size(), test::ReturnPathBuilder{}.pong(1).bytes());
  const auto start = std::chrono::steady_clock::now();
  Player player({destination.address(), false, 20}, channels.connections());
  read(path, player);
  CHECK(std::chrono::steady_clock::now() - start >= std::chrono::milliseconds(540));
  destination.join();
  CHECK(player.stopped().empty());
}

TEST_CASE("PONGs may come in any order; a missing one or another SHUT is a difference") {
  Answers recorded, now;
  recorded.pongs = {1, 2, 4, 3, 0x42};
  recorded.shut = 0;
  now.pongs = {1, 2, 3, 4, 0x42};
  now.shut = 0;
  CHECK(compare(recorded, now).same);
  now.pongs.pop_back();
  CHECK_FALSE(compare(recorded, now).same);
  now = recorded;
  now.shut = 1;
  CHECK_FALSE(compare(recorded, now).same);
  CHECK(compare(recorded, now).table.find("DIFFERENT") != std::string::npos);
}

TEST_CASE("an address that cannot be reached is named") {
  const auto connect = [](const char* address) { LiveConnection(address, [](Bytes) {}); };
  CHECK_THROWS_WITH(connect("unix:/nowhere"), "unix:/nowhere: No such file or directory");
  CHECK_THROWS_WITH(connect("nonsense"),
                    doctest::Contains("'nonsense' is not an address: the port is missing"));
}
