// SPDX-License-Identifier: GPL-2.0-or-later
// A rule that has not fired says what it saw instead.
#include <doctest/doctest.h>

#include "proxy/playbook.hpp"
#include "proxy/scenes.hpp"

using namespace mig;
using namespace mig::test;

namespace {

std::string never_fired(const std::string& rule) {
  Playbook book({rule}, 0, {.seed = 7});
  book.from_source(postcopy_stream()).from_destination(postcopy_return_path());
  CAPTURE(rule);
  CHECK(book.fired() == 0);
  return book.session().rules().at(0).never_fired;
}

}  // namespace

TEST_CASE("what a rule that never fired has seen") {
  // The return path has the PONGs 1, 2, 3, 0x42 and 4.
  CHECK(never_fired("drop-pong,value=0x43") == "5 pongs passed, none with value=0x43");
  CHECK(never_fired("drop-device,name=nvme") == "3 devices passed, none with name=nvme");
  CHECK(never_fired("drop-resume-ack") == "no resume-ack was seen");
  CHECK(never_fired("drop-shut,skip=3") == "1 shut fitted, and skip=3 let it pass");
  CHECK(never_fired("drop-pong,value=any,on=SIGUSR1") == "5 pongs passed, none after on=SIGUSR1");
  CHECK(never_fired("drop-pong,value=any,phase=recovery") == "5 pongs passed, none with phase=recovery");
  CHECK(never_fired("drop-pong,value=any,connection=2") == "5 pongs passed, none with connection=2");
  CHECK(never_fired("drop-shut,chance=0.0000001") == "1 shut fitted, and chance= let it pass");
  CHECK(never_fired("inject-shut,value=0,on=SIGUSR2") == "on=SIGUSR2 never came");
  CHECK(never_fired("reset-connection,phase=recovery") == "nothing was seen with phase=recovery");
}

TEST_CASE("a rule that has fired, or acted in vain, has no such reason") {
  Playbook book({"drop-pong", "hold-pong,for=2s"});
  book.from_source(postcopy_stream()).from_destination(postcopy_return_path()).time_passes();
  CHECK(book.session().rules()[0].never_fired.empty());
  CHECK(book.session().rules()[1].never_fired.empty());
}
