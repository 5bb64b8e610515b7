// SPDX-License-Identifier: GPL-2.0-or-later
// --keep-package: what is on disk at which moment. tests/e2e/rescue_test.py has real QEMUs.
#include <doctest/doctest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "peers.hpp"
#include "proxy/record/package_keeper.hpp"
#include "replay/analyse_file.hpp"
#include "replay/rescue/kept_package.hpp"
#include "replay/rescue/safety.hpp"
#include "support/stream_builder.hpp"

using namespace mig;
using namespace mig::proxy;
using mig::test::ReturnPathBuilder;
using mig::test::StreamBuilder;
namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t page = StreamBuilder::page_size;

StreamBuilder before_package() {
  StreamBuilder s;
  s.file_header().configuration().open_return_path().ping(1).advise().ram_setup(1, {{"pc.ram", 300 * page}});
  s.section_part(1);
  for (unsigned i = 0; i < 300; ++i) s.page(i == 0 ? "pc.ram" : "", i * page);
  return s.eos().footer(1).ping(2);
}

StreamBuilder package_of(std::string_view device) {
  return StreamBuilder().listen().device(6, device, 40, 3).ping(3).ping(0x42).run();
}

/// A relay that does nothing but announce.
class Relayed {
 public:
  explicit Relayed(const std::string& file)
      : keeper_(file, "migproxy", [this](const std::string& text) { warnings_.push_back(text); }) {}
  Relayed& connect(std::uint32_t id) {
    who_ = Who{ConnectionId{id}};
    const auto client = connect_endpoints(parse_address("127.0.0.1:" + std::to_string(50000 + id))).front();
    const auto server = connect_endpoints(parse_address("127.0.0.1:4444")).front();
    keeper_.on(Opened{who_, client, server});
    keeper_.on(Connected{who_, client, server});
    return *this;
  }
  Relayed& source(Bytes bytes) { return carried(Side::source, Direction::forward, bytes); }
  Relayed& sent_on(Bytes bytes) { return carried(Side::destination, Direction::forward, bytes); }
  Relayed& destination(Bytes bytes) { return carried(Side::destination, Direction::return_path, bytes); }
  Relayed& breaks() {
    keeper_.on(LegEnded{who_.connection, Side::destination, Direction::return_path, true});
    keeper_.on(Closed{who_, Ending::reset, Direction::return_path, Traffic{}, true});
    return *this;
  }
  [[nodiscard]] bool complete() const { return keeper_.complete(); }
  [[nodiscard]] const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  Relayed& carried(Side side, Direction direction, Bytes bytes) {
    keeper_.on(BytesMoved{who_.connection, side, direction, bytes});
    return *this;
  }
  std::vector<std::string> warnings_;
  PackageKeeper keeper_;
  Who who_;
};

/// What `migreplay rescue` finds in a file.
struct Found {
  explicit Found(const std::string& file) : analysis({&reader}) {
    std::string warning;
    static_cast<void>(replay::analyse_file(file, analysis, warning));
    CHECK(warning.empty());
  }
  replay::PackageReader reader{1};
  replay::CaptureDecoder analysis;
  [[nodiscard]] bool has(std::string_view device) const {
    return reader.problem().empty() &&
           as_text(reader.package().devices).find(device) != std::string_view::npos;
  }
  [[nodiscard]] replay::Safety safety(replay::Statement statement) const {
    return replay::judge_safety(reader.package().history->facts(), statement);
  }
};

std::string new_file() {
  static int number = 0;
  const auto folder = mig::proxy::test::scratch_folder() + "/" + std::to_string(++number);
  fs::create_directory(folder);
  return folder + "/package.pcapng";
}

}  // namespace

TEST_CASE("a package is on disk as the source sent it before its last byte is sent on") {
  const auto file = new_file();
  Relayed relayed(file);
  relayed.connect(0).source(before_package());
  StreamBuilder whole;
  whole.package(package_of("serial"));
  const Bytes bytes = whole;
  relayed.source(bytes.first(bytes.size() - 1));
  relayed.sent_on(StreamBuilder().package(package_of("broken")));  // what a rule made of it
  CHECK_FALSE(fs::exists(file));
  relayed.source(bytes.last(1));
  const Found found(file);
  CHECK(found.has("serial"));
  CHECK_FALSE(found.has("broken"));
  CHECK(fs::file_size(file) < 8 * page);  // 300 pages were sent
  struct stat status {};
  REQUIRE(::stat(file.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
  CHECK_FALSE(found.safety(replay::Statement::none).safe);
  CHECK(found.safety(replay::Statement::destination_ended).safe);
}

TEST_CASE("in whatever pieces the bytes come, the same package is kept") {
  const auto file = new_file();
  Relayed relayed(file);
  relayed.connect(0);
  auto stream = before_package();
  stream.package(package_of("serial"));
  for (Bytes rest = stream; !rest.empty(); rest = rest.subspan(std::min<std::size_t>(7, rest.size())))
    relayed.source(rest.first(std::min<std::size_t>(7, rest.size())));
  CHECK(Found(file).has("serial"));
}

TEST_CASE("what the destination answers is added at once, but for its requests of pages") {
  const auto file = new_file();
  Relayed relayed(file);
  relayed.connect(0).source(before_package()).source(StreamBuilder().package(package_of("serial")));
  SUBCASE("its devices were loaded") {
    relayed.destination(ReturnPathBuilder().pong(1).pong(2).pong(3).pong(0x42));
    CHECK_FALSE(Found(file).safety(replay::Statement::destination_ended).safe);
    const auto size = fs::file_size(file);
    for (unsigned i = 0; i < 1000; ++i) relayed.destination(ReturnPathBuilder().request("pc.ram", i * page));
    CHECK(fs::file_size(file) < size + 500);
  }
  SUBCASE("it reported its failure") {
    relayed.destination(ReturnPathBuilder().pong(1).pong(2).shut(1)).breaks();
    CHECK(Found(file).safety(replay::Statement::none).safe);
  }
  SUBCASE("it has everything") {
    relayed.destination(ReturnPathBuilder().pong(1).pong(2).pong(3).pong(0x42).shut(0));
    CHECK_FALSE(Found(file).safety(replay::Statement::accept_rollback).safe);
  }
}

TEST_CASE("the package of a migration that has not completed is never written over") {
  const auto file = new_file();
  const auto migrate = [&](Relayed& relayed, std::uint32_t id, std::string_view device) {
    relayed.connect(id).source(before_package()).source(StreamBuilder().package(package_of(device)));
  };
  {
    Relayed relayed(file);
    migrate(relayed, 0, "first");
    relayed.breaks();
    migrate(relayed, 1, "second");
    relayed.destination(ReturnPathBuilder().pong(1).pong(2).pong(3).pong(0x42).shut(0)).breaks();
    migrate(relayed, 2, "third");
    relayed.breaks();
  }
  Relayed another_run(file);
  migrate(another_run, 0, "fourth");
  CHECK(Found(file).has("fourth"));
  CHECK(Found(file + ".1").has("first"));
  CHECK(Found(file + ".2").has("third"));
  CHECK_FALSE(fs::exists(file + ".3"));
}

TEST_CASE("a symbolic link in the file's place is replaced, not followed") {
  const auto file = new_file();
  const auto precious = file + ".precious";
  std::ofstream(precious) << "untouched";
  fs::create_symlink(precious, file);
  Relayed relayed(file);
  relayed.connect(0).source(before_package()).source(StreamBuilder().package(package_of("serial")));
  CHECK_FALSE(fs::is_symlink(file));
  CHECK(Found(file).has("serial"));
  CHECK(fs::file_size(precious) == 9);
}

TEST_CASE("a package that cannot be kept is reported, and the migration goes on") {
  const auto file = new_file();
  Relayed relayed(file);
  fs::create_directory(file);  // after the start
  relayed.connect(0).source(before_package()).source(StreamBuilder().package(package_of("serial")));
  CHECK_FALSE(relayed.complete());
  REQUIRE(relayed.warnings().size() == 1);
  CHECK(relayed.warnings()[0].find("not all of a migration's package is kept") != std::string::npos);
  CHECK_THROWS_AS(Relayed(mig::proxy::test::scratch_folder() + "/nowhere/package.pcapng"),
                  std::runtime_error);
}

TEST_CASE("a port scan and a precopy migration leave no file") {
  const auto file = new_file();
  Relayed relayed(file);
  relayed.connect(0).source(as_bytes(std::string_view("GET / HTTP/1.1\r\n\r\n"))).breaks();
  relayed.connect(1).source(before_package().device(6, "serial").eof()).breaks();
  CHECK_FALSE(fs::exists(file));
  CHECK(relayed.complete());
  CHECK(relayed.warnings().empty());
}
