// SPDX-License-Identifier: GPL-2.0-or-later
// doctest's runner, with one more answer: 77, when a QEMU or migproxy is missing and nothing failed.
#define DOCTEST_CONFIG_IMPLEMENT
#include "needs.hpp"
#include "support/run_tests.hpp"

int main(int argc, char** argv) {
  const int result = mig::test::run_tests(argc, argv);
  return result == 0 && mig::test::something_was_missing() ? 77 : result;
}
