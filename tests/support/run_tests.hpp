// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <doctest/doctest.h>

#include <iostream>

namespace mig::test {

/// Notes how many test cases the filters of the command line let through.
struct CaseCount : doctest::IReporter {
  explicit CaseCount(const doctest::ContextOptions& /*options*/) {}
  void test_run_end(const doctest::TestRunStats& stats) override {
    chosen = stats.numTestCasesPassingFilters;
  }

  void report_query(const doctest::QueryData& /*in*/) override {}
  void test_run_start() override {}
  void test_case_start(const doctest::TestCaseData& /*in*/) override {}
  void test_case_reenter(const doctest::TestCaseData& /*in*/) override {}
  void test_case_end(const doctest::CurrentTestCaseStats& /*in*/) override {}
  void test_case_exception(const doctest::TestCaseException& /*in*/) override {}
  void subcase_start(const doctest::SubcaseSignature& /*in*/) override {}
  void subcase_end() override {}
  void log_assert(const doctest::AssertData& /*in*/) override {}
  void log_message(const doctest::MessageData& /*in*/) override {}
  void test_case_skipped(const doctest::TestCaseData& /*in*/) override {}

  static inline unsigned chosen = 0;
};
REGISTER_LISTENER("case count", 1, CaseCount);

/// Runs what the command line asks for. Fails, too, where that is no test case at all.
inline int run_tests(int argc, char** argv) {
  doctest::Context context(argc, argv);
  const int result = context.run();
  if (context.shouldExit() || result != 0 || CaseCount::chosen != 0) return result;
  std::cerr << "no test case was chosen: has it been renamed?\n";
  return 1;
}

}  // namespace mig::test
