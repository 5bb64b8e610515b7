// SPDX-License-Identifier: GPL-2.0-or-later
// What a rehearsal sends on, and what it keeps. tests/e2e/rehearsal_test.py has real QEMUs.
#include "proxy/rehearse/rehearsed_migration.hpp"

#include <doctest/doctest.h>

#include "mig/forward_parser.hpp"
#include "support/event_log.hpp"
#include "support/stream_builder.hpp"

using namespace mig;
using namespace mig::proxy;
using mig::test::ReturnPathBuilder;
using mig::test::StreamBuilder;

namespace {

constexpr ConnectionId the_main{0};

StreamBuilder beginning() {
  StreamBuilder s;
  return s.file_header().configuration().open_return_path().ping(1);
}

StreamBuilder whole(std::string_view run_state = "globalstate") {
  auto s = beginning();
  s.ram_setup(1, {{"pc.ram", 4 * StreamBuilder::page_size}});
  s.section_part(1).page("pc.ram", 0).page("", StreamBuilder::page_size).eos().footer(1);
  s.section_end(1).page("pc.ram", 0).eos().footer(1);
  s.section_full(40, run_state).be32(8).raw(as_bytes(std::string_view("running", 8))).fill(92, 0).footer(40);
  return s.device(6, "serial").eof();
}

/// Everything that arrives at the destination, where the source's bytes come in pieces of `size`.
std::string arrives(RehearsedMigration& rehearsal, Bytes stream, std::size_t size) {
  std::string out;
  for (Bytes rest = stream; !rest.empty(); rest = rest.subspan(std::min(size, rest.size()))) {
    rehearsal.source_sent(the_main, rest.first(std::min(size, rest.size())), 0);
    out += as_text(rehearsal.take_for_destination(the_main));
  }
  rehearsal.idle(0.2);
  out += as_text(rehearsal.take_for_destination(the_main));
  return out;
}

}  // namespace

TEST_CASE("rehearsal: everything arrives, but for the run state, which is paused") {
  const auto sent = whole();
  for (const std::size_t size : {std::size_t{1}, std::size_t{13}, std::size_t{1} << 20}) {
    RehearsedMigration rehearsal;
    const auto arrived = arrives(rehearsal, sent, size);
    CHECK(rehearsal.problem().empty());
    auto expected = std::string(as_text(sent));
    const auto at = expected.find(std::string("\0\0\0\x08running\0", 12));
    REQUIRE(at != std::string::npos);
    expected.replace(at, 12, std::string("\0\0\0\x07paused\0\0", 12));
    CHECK(arrived == expected);
    CHECK(rehearsal.report().passes == 2);
    CHECK(rehearsal.report().devices.size() == 2);
  }
}

TEST_CASE("rehearsal: SHUT is not sent to the source, everything else is") {
  RehearsedMigration rehearsal;
  static_cast<void>(arrives(rehearsal, whole(), 1 << 20));
  const auto answer = ReturnPathBuilder().pong(1);
  rehearsal.destination_sent(the_main, answer, 1);
  CHECK(as_text(rehearsal.take_for_source(the_main)) == as_text(answer));
  CHECK_FALSE(rehearsal.report().shut);
  rehearsal.destination_sent(the_main, ReturnPathBuilder().shut(0), 2);
  CHECK(rehearsal.take_for_source(the_main).empty());
  CHECK(rehearsal.report().shut == 0U);
}

TEST_CASE("rehearsal: what is unsafe is refused before the destination gets a byte") {
  RehearsedMigration rehearsal;
  SUBCASE("no return path") {
    StreamBuilder s;
    s.file_header().configuration().ram_setup(1, {{"pc.ram", StreamBuilder::page_size}});
    CHECK(arrives(rehearsal, s, 5).empty());
    CHECK(rehearsal.remedy().find("return-path on") != std::string::npos);
  }
  SUBCASE("postcopy") {
    auto s = beginning();
    s.advise().ram_setup(1, {{"pc.ram", StreamBuilder::page_size}});
    CHECK(arrives(rehearsal, s, 5).empty());
    CHECK(rehearsal.remedy().find("postcopy-ram off") != std::string::npos);
  }
  SUBCASE("TLS") {
    CHECK(
        arrives(rehearsal, as_bytes(std::string_view("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11)), 64)
            .empty());
    CHECK(rehearsal.problem() == "the migration is encrypted");
  }
  CHECK_FALSE(rehearsal.approved());
  CHECK_FALSE(rehearsal.problem().empty());
}

TEST_CASE("rehearsal: without a run state the destination does not get the end of the stream") {
  RehearsedMigration rehearsal;
  const auto sent = whole("something");
  const auto arrived = arrives(rehearsal, sent, 1);
  rehearsal.idle(10);
  CHECK_FALSE(rehearsal.problem().empty());
  CHECK(arrived.size() < Bytes(sent).size());
  CHECK(rehearsal.take_for_destination(the_main).empty());
}
