// SPDX-License-Identifier: GPL-2.0-or-later
// --record: read back by libpcap (through replay/) and by tshark, byte for byte and comment for comment.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <thread>

#include "proxy/record/file_writer.hpp"
#include "proxy_session.hpp"
#include "replay/input/capture_reader.hpp"

using namespace mig::proxy;
using namespace mig::proxy::test;
using mig::Direction;

namespace {

/// One TCP connection of a capture: a leg.
struct Leg {
  std::string client, server;
  std::array<std::string, 2> bytes;  // by direction
  std::uint64_t missing = 0;
  std::string ending = "open";
};

struct Legs final : mig::replay::CaptureSink {
  void opened(mig::ConnectionId id, const mig::replay::ConnectionInfo& info, mig::replay::Moment) override {
    all[id].client = to_string(info.client);
    all[id].server = to_string(info.server);
  }
  void data(mig::ConnectionId id, Direction direction, mig::Bytes bytes, mig::replay::Moment) override {
    all[id].bytes[static_cast<std::size_t>(direction)] += bytes_of(bytes);
  }
  void missing(mig::ConnectionId id, Direction, std::uint64_t count, mig::replay::Moment) override {
    all[id].missing += count;
  }
  void closed(mig::ConnectionId id, bool reset, mig::replay::Moment) override {
    all[id].ending = reset ? "reset" : "closed";
  }
  std::map<mig::ConnectionId, Leg> all;
};

std::vector<Leg> legs_of(const std::string& file) {
  Legs sink;
  std::string warning;
  (void)mig::replay::read_capture(file, sink, warning);
  CHECK(warning.empty());
  std::vector<Leg> legs;
  for (auto& [id, leg] : sink.all) legs.push_back(std::move(leg));
  return legs;
}

/// Another thread writes: waits (bounded) until the file holds the text.
bool appears_in(const std::string& file, const std::string& text) {
  for (int i = 0; i < 2000; ++i) {
    std::ifstream in(file);
    const std::string all{std::istreambuf_iterator<char>(in), {}};
    if (all.find(text) != std::string::npos) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

std::string record_file() { return scratch_folder() + "/run.pcapng"; }

/// Decodes no further than TCP: what passes is nobody else's protocol, whatever the port.
std::string tshark(const std::string& file, const std::vector<std::string>& more) {
  std::vector<std::string> command{"tshark", "-r", file};
  for (const Leg& leg : legs_of(file))
    command = with(command, {"-d", "tcp.port==" + leg.server.substr(leg.server.rfind(':') + 1) + ",data"});
  const Finished result = run(with(command, more));
  CHECK(result.status == 0);
  return result.out;
}

/// The comments of a recording as tshark shows them, with the interface of their packet.
class Comments {
 public:
  explicit Comments(const std::string& file)
      : all_("\n" + tshark(file, {"-Y", "frame.comment", "-T", "fields", "-e", "frame.interface_name", "-e",
                                  "frame.comment", "-e", "tcp.payload"})) {}
  [[nodiscard]] bool on(const std::string& leg, const std::string& text) const {
    return !line(leg, text).empty();
  }
  /// The packet that has it, as hexadecimal digits.
  [[nodiscard]] std::string payload(const std::string& leg, const std::string& text) const {
    const std::string found = line(leg, text);
    return found.substr(found.rfind('\t') + 1);
  }

 private:
  [[nodiscard]] std::string line(const std::string& leg, const std::string& text) const {
    std::size_t at = 0;
    while ((at = all_.find("\n" + leg + "\t", at)) != std::string::npos) {
      const auto end = all_.find('\n', at + 1);
      std::string found = all_.substr(at + 1, end - at - 1);
      if (found.find(text) != std::string::npos) return found;
      at = end;
    }
    return {};
  }
  std::string all_;
};

}  // namespace

TEST_CASE("a recording holds what came and what was sent, on both legs, to the byte") {
  for (const bool v6 : {false, true}) {
    CAPTURE(v6);
    const std::string any = v6 ? "[::1]:0" : "127.0.0.1:0";
    const std::string file = record_file();
    ProxySession session({"--once", "--once-grace", "0", "--fault", "drop-pong", "--record", file}, any, any);
    session.migrate();
    CHECK(session.proxy.finish().status == 0);
    const auto legs = legs_of(file);
    REQUIRE(legs.size() == 2);
    const Leg& source = legs[0];
    const Leg& destination = legs[1];
    CHECK(source.server == session.proxy.address());
    CHECK(destination.server == session.listener.address());
    CHECK(source.bytes[0] == bytes_of(mig::test::postcopy_stream()));
    CHECK(destination.bytes[0] == session.arrived);
    CHECK(destination.bytes[1] == bytes_of(mig::test::postcopy_return_path()));
    CHECK(source.bytes[1] == session.came_back);
    CHECK(source.bytes[1].size() + 8 == destination.bytes[1].size());
    for (const Leg& leg : legs) {
      CHECK(leg.missing == 0);
      CHECK(leg.ending == "closed");
    }
  }
}

TEST_CASE("tshark: comments where rules act and phases change, and nothing to complain of") {
  const std::string change = "set-device,name=serial,field=version_id,to=9";
  const std::string file = record_file();
  ProxySession session(
      {"--once", "--once-grace", "0", "--fault", "drop-pong", "--fault", change, "--record", file});
  session.migrate();
  (void)session.proxy.finish();
  const Comments comments(file);
  const std::string dropped = "pong value=0x42: dropped by drop-pong";
  CHECK(comments.payload("destination leg", dropped).find("0002000400000042") != std::string::npos);
  CHECK_FALSE(comments.on("source leg", dropped));
  CHECK(comments.on("source leg", "changed by " + change));  // as it came, and as it was sent
  CHECK(comments.on("destination leg", "changed by " + change));
  CHECK(comments.on("destination leg", "phase: package"));
  CHECK(comments.on("destination leg", "the destination may run the guest from now on"));
  CHECK(tshark(file, {"-q", "-z", "expert,warn", "-o", "tcp.check_checksum:TRUE", "-o",
                      "ip.check_checksum:TRUE"}) == "");
}

TEST_CASE("a reset is one in the recording, with the rule behind it") {
  const std::string file = record_file();
  ProxySession session({"--once", "--record", file, "--fault", "reset-connection,on=SIGUSR1"});
  Peer source = connect_to(session.proxy.address());
  Peer destination = session.listener.accept();
  const std::string begin = bytes_of(mig::test::StreamBuilder().file_header().configuration());
  source.send(begin);
  CHECK(destination.receive(begin.size()) == begin);
  session.proxy.signal(SIGUSR1);
  CHECK(source.wait_for_end() == ECONNRESET);
  CHECK(session.proxy.finish().status == 0);
  for (const Leg& leg : legs_of(file)) {
    CHECK(leg.ending == "reset");
    CHECK(leg.bytes[0] == begin);
  }
  CHECK(Comments(file).on("destination leg", "reset-connection,on=SIGUSR1 ends connection 1"));
}

TEST_CASE("unix sockets stand in the recording as documentation addresses") {
  const std::string folder = scratch_folder();
  const std::string file = folder + "/unix.pcapng";
  ProxySession session({"--once", "--record", file}, "unix:" + folder + "/s.sock",
                       "unix:" + folder + "/d.sock");
  session.migrate();
  (void)session.proxy.finish();
  const auto legs = legs_of(file);
  REQUIRE(legs.size() == 2);
  CHECK(legs[0].client == "192.0.2.1:49152");
  CHECK(legs[0].server == "192.0.2.2:4444");
  CHECK(legs[1].client == "198.51.100.1:49152");
  CHECK(legs[1].server == "198.51.100.2:4445");
  CHECK(legs[1].bytes[0] == bytes_of(mig::test::postcopy_stream()));
}

TEST_CASE("everything up to a fault is in the file while migproxy still runs") {
  const std::string file = record_file();
  ProxySession session({"--record", file, "--fault", "drop-pong"});
  session.migrate();
  CHECK(appears_in(file, "pong value=0x42: dropped by drop-pong"));
  session.proxy.signal(SIGTERM);
  (void)session.proxy.finish();
}

TEST_CASE("a full disk ends the recording, says so once, and nothing else") {
  ProxySession session({"--once", "--once-grace", "0", "--record", "/dev/full"});
  session.migrate();
  const Finished end = session.proxy.finish();
  CHECK(session.arrived == bytes_of(mig::test::postcopy_stream()));
  CHECK(session.came_back == bytes_of(mig::test::postcopy_return_path()));
  CHECK(end.status == 1);
  const std::string said = "recording stops: No space left on device";
  CHECK(end.out.find(said) != std::string::npos);
  CHECK(end.out.find(said) == end.out.rfind(said));
  CHECK(end.err.find("the recording /dev/full is not complete: No space left on device") !=
        std::string::npos);
}

TEST_CASE("a file that could not grow any more ends with a whole block") {
  const std::string file = record_file();
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  REQUIRE(fd >= 0);
  ::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
  rlimit limit = before;
  limit.rlim_cur = 2500;
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &limit) == 0);
  FileWriter writer(fd);
  const FileWriter::Block block(1000, std::byte{7});
  writer.add({block, block, block, block});
  writer.finish(std::chrono::seconds(20));
  CHECK(writer.error() == EFBIG);
  ::setrlimit(RLIMIT_FSIZE, &before);
  CHECK(std::filesystem::file_size(file) == 2000);
  ::close(fd);
}

TEST_CASE("a reader that does not read: bounded, and no waiting for it") {
  std::array<int, 2> ends{};
  REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
  {
    FileWriter writer(ends[1], 100'000);
    CHECK(writer.has_room());
    writer.add({FileWriter::Block(1'000'000, std::byte{7})});
    CHECK_FALSE(writer.has_room());
    writer.finish(std::chrono::milliseconds(1));
    CHECK(writer.error() == ETIMEDOUT);
  }
  ::close(ends[0]);
  ::close(ends[1]);
}
