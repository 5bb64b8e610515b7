// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/run/trace_story.hpp"

#include <doctest/doctest.h>

using mig::validate::story_of;

TEST_CASE("the story keeps what happens once") {
  CHECK(story_of("m1 c1 main                  --> ping value=0x42") == "--> ping value=0x42");
  CHECK(story_of("m1 c1 main                  <-- pong value=0x42   <dropped by drop-pong>") ==
        "<-- pong value=0x42   <dropped by drop-pong>");
  CHECK(story_of("m1                          === phase: postcopy-device") == "=== phase: postcopy-device");
  CHECK(story_of("c1                            + connection from 127.0.0.1:5000") ==
        "+ connection from 127.0.0.1:5000");
}

TEST_CASE("and leaves out what repeats, unless a rule touched it") {
  CHECK_FALSE(story_of("m1 c1 main                  --> section kind=part id=2 name=ram"));
  CHECK_FALSE(story_of("m1 c1 main                  --> RAM pages 1,024 (4.0 MiB)"));
  CHECK_FALSE(story_of("m1 c1 main                  <-- page-request block=pc.ram"));
  CHECK_FALSE(story_of("bytes sent: 12"));
  CHECK_FALSE(story_of(""));
  CHECK(story_of("m1 c1 main                  --> section name=serial   <set by set-device,name=serial>"));
}
