// SPDX-License-Identifier: GPL-2.0-or-later
// doctest's runner, with one more answer: 77, when a QEMU or migproxy is not at hand and nothing failed.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include "needs.hpp"

int main(int argc, char** argv) {
  doctest::Context context(argc, argv);
  const int result = context.run();
  return result == 0 && mig::test::something_was_missing() ? 77 : result;
}
