// SPDX-License-Identifier: GPL-2.0-or-later
// One target as a libFuzzer program. A broken promise ends it, as a crash does.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <cstdlib>
#include <iostream>

#include "fuzz/target.hpp"

namespace {

/// What the targets use of the tests speaks through doctest's assertions.
void end_where_it_failed(const doctest::AssertData& data) {
  if (!data.m_failed) return;
  std::cerr << data.m_file << ":" << data.m_line << ": " << data.m_expr << "\n";
  std::abort();
}

const mig::test::Target& chosen() {
  static doctest::Context context;
  static const auto& target = [&]() -> const mig::test::Target& {
    context.setAsDefaultForAssertsOutOfTestCases();
    context.setAssertHandler(end_where_it_failed);
    return mig::test::find_target(MIG_FUZZ_TARGET);
  }();
  return target;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {  // NOLINT: the fuzzer's name
  try {
    chosen().run(std::as_bytes(std::span(data, size)));
  } catch (const std::exception& error) {
    std::cerr << "broken promise: " << error.what() << "\n";
    std::abort();
  }
  return 0;
}
