// SPDX-License-Identifier: GPL-2.0-or-later
// What migproxy's remarks say of the other leg; their words are those of real recordings.
#include "replay/analyses/remarks.hpp"

#include <doctest/doctest.h>

using namespace mig;
using namespace mig::replay;

namespace {

constexpr Time second = std::chrono::seconds(1);

Deeds deeds_of(std::initializer_list<const char*> texts) {
  Remarks remarks;
  auto time = second;
  for (const auto* text : texts) remarks.add(text, {time += Time(1), 7});
  return remarks.between(second, Time::max());
}

}  // namespace

TEST_CASE("a unit that was dropped, or closed at its first byte, did not arrive") {
  const auto shut = deeds_of({"shut value=0x0: dropped by drop-shut"});
  CHECK(shut.shut_taken);
  CHECK(shut.shut_value == 0);
  CHECK_FALSE(shut.shut);
  CHECK(deeds_of({"shut value=0x1: dropped by drop-shut"}).shut_value == 1);
  CHECK(deeds_of({"pong value=0x42: dropped by drop-pong"}).pong_taken);
  const auto reset = deeds_of({"pong value=0x42: closed by reset-pong,channel=all"});
  CHECK(reset.pong_taken);
  CHECK(reset.cut);
}

TEST_CASE("what was changed, cut short or made up may have made a difference, and no more is known") {
  for (const auto* text : {"pong value=0x42: changed by set-pong,field=type,to=0x99",
                           "pong value=0x42: injected by inject-pong,value=0x42,on=listen",
                           "pong value=0x42: closed by reset-pong,after=8"}) {
    CAPTURE(text);
    CHECK(deeds_of({text}).pong);
    CHECK_FALSE(deeds_of({text}).pong_taken);
  }
  CHECK(deeds_of({"shut value=0x0: changed by set-shut,value=1"}).shut);
}

TEST_CASE("a package is taken away when its length and its last message are") {
  const char* length = "package length=13499: dropped by drop-package";
  const char* run = "run in_package: dropped by drop-package";
  CHECK_FALSE(deeds_of({length}).package_taken);
  CHECK_FALSE(deeds_of({run}).package_taken);  // one message of a package that arrived
  CHECK(deeds_of({length, run}).package_taken);
  CHECK_FALSE(deeds_of({length, run}).ping_loaded_taken);
  CHECK(deeds_of({length, "ping value=0x42 in_package: dropped by drop-package", run}).ping_loaded_taken);
}

TEST_CASE("what was taken away from one migration was not taken from another one") {
  Remarks remarks;
  remarks.add("shut value=0x0: dropped by drop-shut", {second, 7});
  CHECK(remarks.between(Time{}, 2 * second).shut_taken);
  CHECK_FALSE(remarks.between(2 * second, Time::max()).shut_taken);
}

TEST_CASE("a connection that is absorbed is closed on one side only") {
  CHECK(deeds_of({"package length=13499: closed by absorb-package"}).one_leg_only);
  const auto both = deeds_of({"reset-connection,channel=all,on=SIGUSR2 ends connection 1"});
  CHECK(both.cut);
  CHECK_FALSE(both.one_leg_only);
}
