// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/base/terminal.hpp"

#include <doctest/doctest.h>

#include <sstream>

using namespace mig::validate;

TEST_CASE("plain output has no escapes, one line a step") {
  std::ostringstream out;
  Terminal terminal(out, false);
  terminal.step(1.5, "source", Tone::source, "guest ticks");
  terminal.verdict("MIGRATED", Tone::good, "Good.");
  CHECK(out.str() == "   1.50 s  source       guest ticks\n  MIGRATED  Good.\n");
}

TEST_CASE("colour is put around words and taken back") {
  std::ostringstream out;
  Terminal(out, true).verdict("LOST", Tone::bad, "Bad.");
  CHECK(out.str() == "  \x1b[1;31mLOST\x1b[0m  Bad.\n");
}

TEST_CASE("long text is wrapped at spaces, and where it says so") {
  std::ostringstream out;
  Terminal terminal(out, false);
  terminal.bullet(std::string(60, 'a') + " " + std::string(60, 'b') + "\nc");
  CHECK(out.str() == "    - " + std::string(60, 'a') + "\n      " + std::string(60, 'b') + "\n      c\n");
  out.str("");
  terminal.paragraph(std::string(150, 'x'));
  CHECK(out.str() == "  " + std::string(98, 'x') + "\n  " + std::string(52, 'x') + "\n");
}
