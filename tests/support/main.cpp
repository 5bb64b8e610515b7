// SPDX-License-Identifier: GPL-2.0-or-later
// doctest's runner. A filter that no test case passes is an error: a renamed test must not pass by not
// running.
#define DOCTEST_CONFIG_IMPLEMENT
#include "support/run_tests.hpp"

int main(int argc, char** argv) { return mig::test::run_tests(argc, argv); }
