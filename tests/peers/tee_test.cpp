// SPDX-License-Identifier: GPL-2.0-or-later
// The tee that the byte identity tests trust.
#include "tee.hpp"

#include <fstream>

#include "peer_bench.hpp"
#include "validate/base/files.hpp"

using namespace mig::test;

namespace {

struct Line {
  TempDir dir;
  asio::io_context io;
  asio::ip::tcp::acceptor acceptor{io, {asio::ip::make_address("127.0.0.1"), 0}};
  Tee tee{dir.path(), "tee", "127.0.0.1:" + std::to_string(acceptor.local_endpoint().port())};
  std::optional<RawPeer> near, far;

  Line() {
    const auto address = tee.address();
    asio::ip::tcp::socket socket(io);
    socket.connect({asio::ip::make_address("127.0.0.1"),
                    static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1)))});
    near.emplace(io, std::move(socket));
    far.emplace(io, acceptor.accept());
  }
  [[nodiscard]] bool closed() {
    return run_until(io, [this] { return tee.connections() == 1 && tee.open() == 0; });
  }
};

Buffer bytes(std::size_t size) {
  Buffer out;
  while (out.size() < size) out.push_back(static_cast<std::byte>(out.size() * 7));
  return out;
}

void write_file(const std::filesystem::path& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

}  // namespace

TEST_CASE("a tee passes both directions on and keeps them") {
  Line line;
  line.near->send(bytes(1000));
  line.far->send(bytes(300));
  REQUIRE(line.far->wait_for(1000));
  REQUIRE(line.near->wait_for(300));
  CHECK(line.far->received() == bytes(1000));
  line.near->close();
  CHECK(run_until(line.io, [&] { return line.far->ended(); }));
  line.far->close();
  REQUIRE(line.closed());
  CHECK(std::filesystem::file_size(line.tee.forward(0)) == 1000);
  CHECK(std::filesystem::file_size(line.tee.back(0)) == 300);
}

TEST_CASE("a tee resets both legs") {
  Line line;
  line.near->send(bytes(10));
  REQUIRE(line.far->wait_for(10));
  line.tee.reset_links();
  CHECK(run_until(line.io, [&] { return line.near->ended() && line.far->ended(); }));
  CHECK(line.closed());
}

TEST_CASE("recordings are compared byte for byte") {
  const TempDir dir;
  const auto left = dir.path() / "left";
  const auto right = dir.path() / "right";
  const std::string text(600'000, 'x');
  write_file(left, text);
  write_file(right, text);
  CHECK(compare(left, right).equal());
  write_file(right, text.substr(1));
  CHECK_FALSE(compare(left, right).equal());
  CHECK(compare(left, right).same_as_far_as_both_go);
  auto other = text;
  other[400'000] = 'y';
  write_file(right, other);
  CHECK_FALSE(compare(left, right).same_as_far_as_both_go);
  CHECK(compare(left, right).first_difference == 400'000);
}
