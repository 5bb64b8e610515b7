// SPDX-License-Identifier: GPL-2.0-or-later
// A rule that fitted a unit and changed nothing has not fired: a run that broke nothing must not look as if
// it had.
#include <doctest/doctest.h>

#include <array>
#include <csignal>

#include "proxy/playbook.hpp"
#include "proxy/scenes.hpp"

using namespace mig;
using namespace mig::test;

TEST_CASE("a rule that changed nothing has not fired, and says why once") {
  struct Case {
    const char* rule;
    const char* why;
  };
  constexpr std::array<Case, 4> cases{{
      {"flip-ping,value=1,at=100,mask=1", "changed nothing: the unit has only 9 bytes"},
      {"flip-device,field=payload,at=5000,mask=1,times=all", "changed nothing: the unit has only 63 bytes"},
      {"set-ping,value=1,to=1", "changed nothing: the bytes were so already"},
      {"set-device,name=apic,field=idstr,to=apic", "changed nothing: the bytes were so already"},
  }};
  for (const auto& one : cases) {
    for (const auto chunk : chunkings) {
      CAPTURE(one.rule);
      Playbook book({one.rule}, chunk);
      book.from_source(postcopy_stream()).expect_to_destination(postcopy_stream());
      const auto warnings = book.warnings();
      REQUIRE(warnings.size() == 1);
      CHECK(warnings[0] == std::string(one.rule) + " " + one.why);
      CHECK(book.fired() == 0);
      CHECK(book.session().rules()[0].ineffective >= 1);
      CHECK_FALSE(book.session().all_fired());
    }
  }
}

TEST_CASE("a rule that changed nothing tries the next unit") {
  StreamBuilder sent = before_switchover();
  sent.section_part(1).page("pc.ram", 0x1000).page("", 0x2000).page("pc.ram", 0x3000).eos().footer(1);
  StreamBuilder expected = before_switchover();
  expected.section_part(1).page("pc.ram", 0x1000).page("", 0x2000).page("pc.bios", 0x3000).eos().footer(1);
  Playbook book({"set-page,field=block,to=pc.bios,skip=1"});
  book.from_source(sent).expect_to_destination(expected);
  CHECK(book.fired() == 1);
  CHECK(book.warnings().at(0).find("has no field \"block\" on the wire") != std::string::npos);
}

TEST_CASE("flip-bytes behind the last byte has not fired") {
  const Bytes hello = as_bytes("\x16\x03\x01 and what else a ClientHello has");
  Playbook book({"flip-bytes,at=1000,mask=0x80"});
  book.from_source(hello).source_ends().expect_to_destination(hello);
  CHECK(book.fired() == 0);
}

TEST_CASE("no connection to act on: not fired") {
  for (const char* rule : {"reset-connection,channel=preempt,on=SIGUSR1", "reset-pong,channel=preempt",
                           "close-connection,channel=multifd,on=ping:2"}) {
    CAPTURE(rule);
    Playbook book({rule});
    book.from_source(postcopy_stream()).from_destination(postcopy_return_path()).signal(SIGUSR1);
    book.expect_to_destination(postcopy_stream()).expect_to_source(postcopy_return_path());
    CHECK(book.fired() == 0);
    CHECK(book.warnings().at(0).find("found no") != std::string::npos);
  }
}
