// SPDX-License-Identifier: GPL-2.0-or-later
// Which channel is this connection, and of which migration?
#include "mig/connection_parser.hpp"

#include "dissector/helpers.hpp"
#include "mig/history/migration.hpp"

using namespace mig;
using namespace mig::test;
using S = StreamBuilder;

namespace {

/// Connections of one observer, fed in any order.
struct Wire {
  MigrationSet set;
  std::deque<ConnectionParser> connections;
  std::deque<EventLog> logs[2];
  std::vector<Notice> notices;

  std::size_t open() {
    connections.emplace_back(set, ConnectionId{static_cast<std::uint32_t>(connections.size())});
    logs[0].emplace_back();
    logs[1].emplace_back();
    return connections.size() - 1;
  }
  void send(std::size_t i, Bytes bytes, std::size_t piece = 1) {
    for (; !bytes.empty(); bytes = bytes.subspan(std::min(piece, bytes.size()))) {
      static_cast<void>(
          connections[i].feed(Direction::forward, bytes.first(std::min(piece, bytes.size())), logs[0][i]));
    }
  }
  void close(std::size_t i) {
    auto* m = connections[i].migration();
    if (m != nullptr)
      m->closed({connections[i].id(), connections[i].kind(), Direction::forward}, true, notices);
  }
};

}  // namespace

TEST_CASE("main, multifd, preempt, resumed main and TLS are told apart by their first bytes") {
  Wire w;
  const auto main = w.open(), multifd = w.open(), preempt = w.open();
  w.send(main, postcopy_stream());
  w.send(multifd, MultifdBuilder().init(0));
  w.send(preempt, S().page("pc.ram", 0x1000));
  w.close(main);
  const auto resumed = w.open(), tls = w.open();
  w.send(resumed, S().recv_bitmap_request("pc.ram").resume());
  w.send(tls, S().raw({0x16, 0x03, 0x01, 0x00, 0x05}));
  CHECK(w.connections[main].kind() == ChannelKind::main);
  CHECK(w.connections[multifd].kind() == ChannelKind::multifd);
  CHECK(w.connections[preempt].kind() == ChannelKind::preempt);
  CHECK(w.connections[resumed].kind() == ChannelKind::main_resumed);
  CHECK(w.connections[tls].kind() == ChannelKind::tls);
  CHECK(w.set.all().size() == 1);  // all but TLS belong to the one migration
  for (const auto i : {main, multifd, preempt, resumed})
    CHECK(w.connections[i].migration() == &w.set.all().front());
  CHECK(w.connections[tls].migration() == nullptr);
  CHECK(w.connections[tls].error(Direction::forward)->code == ParseErrc::encrypted);
}

TEST_CASE("a preempt channel whose whole life is one EOS (after recovery, machine 7.2)") {
  Wire w;
  const auto main = w.open(), preempt = w.open();
  w.send(main, postcopy_stream());
  w.send(preempt, S().eos());
  CHECK(w.connections[preempt].kind() == ChannelKind::preempt);
  CHECK(w.logs[0][preempt].all<RamEos>().size() == 1);
  CHECK_FALSE(w.connections[preempt].finish(Direction::forward, w.logs[0][preempt]));
}

TEST_CASE("the state that cpr-transfer sends on a socket of its own is no migration of ours") {
  Wire w;
  const auto c = w.open();
  w.send(c, S().raw(as_bytes("QCPR")).be32(1).fill(40, 9));
  CHECK(w.connections[c].kind() == ChannelKind::unknown);
  CHECK(w.logs[0][c].bytes().size() == 48);
}

TEST_CASE("the first bytes come out as events too, in any pieces") {
  for (const std::size_t piece : {1U, 2U, 3U, 4U, 7U, 9U, 100000U}) {
    Wire w;
    const auto main = w.open();
    const auto stream = postcopy_stream();
    w.send(main, stream, piece);
    CHECK(w.logs[0][main].bytes() == stream.bytes());
    CHECK(w.logs[0][main].all<EndOfStream>().size() == 1);
  }
}

TEST_CASE("bytes of no migration pass as unparsed, in both directions") {
  Wire w;
  const auto c = w.open();
  w.send(c, as_bytes("GET / HTTP/1.1\r\n"));
  static_cast<void>(w.connections[c].feed(Direction::return_path, as_bytes("HTTP/1.1 200 OK"), w.logs[1][c]));
  CHECK(w.connections[c].kind() == ChannelKind::unknown);
  CHECK(w.connections[c].migration() == nullptr);
  CHECK(as_text(w.logs[0][c].bytes()) == "GET / HTTP/1.1\r\n");
  CHECK(as_text(w.logs[1][c].bytes()) == "HTTP/1.1 200 OK");
  CHECK(w.connections[c].error(Direction::forward) == ParseError{ParseErrc::not_migration, 0});
  CHECK(w.set.all().empty());
}

TEST_CASE("a record without a migration that could expect it is unknown") {
  Wire w;
  const auto c = w.open();
  w.send(c, S().page("pc.ram", 0x1000));
  CHECK(w.connections[c].kind() == ChannelKind::unknown);
}

TEST_CASE("a connection that ends before it can be told gives its bytes back") {
  Wire w;
  const auto c = w.open();
  w.send(c, S().raw({0x51, 0x45}));
  CHECK(w.connections[c].held(Direction::forward).size() == 2);
  CHECK(w.connections[c].finish(Direction::forward, w.logs[0][c])->code == ParseErrc::not_migration);
  CHECK(w.logs[0][c].bytes().size() == 2);
}

TEST_CASE("migrations one after the other, and multifd channels that come before their main channel") {
  Wire w;
  const auto first = w.open();
  w.send(first, postcopy_stream());
  w.close(first);
  const auto multifd = w.open(), second = w.open(), more = w.open();
  w.send(multifd, MultifdBuilder().init(0));
  w.send(second, precopy_stream());
  w.send(more, MultifdBuilder().init(1));
  CHECK(w.set.all().size() == 2);
  CHECK(w.connections[multifd].migration() == &w.set.all()[1]);
  CHECK(w.connections[second].migration() == &w.set.all()[1]);
  CHECK(w.connections[more].migration() == &w.set.all()[1]);
}

TEST_CASE("a gap before the channel is known is survived as unknown") {
  Wire w;
  const auto c = w.open();
  w.send(c, S().raw({0x51, 0x45}));
  static_cast<void>(w.connections[c].skip(Direction::forward, 100, w.logs[0][c]));
  w.send(c, postcopy_stream());
  CHECK(w.connections[c].kind() == ChannelKind::unknown);
  CHECK(w.logs[0][c].all<Missing>().size() == 1);
}
