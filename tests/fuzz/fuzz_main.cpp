// SPDX-License-Identifier: GPL-2.0-or-later
#include "fuzz/tiling.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {  // NOLINT: the fuzzer's name
  mig::test::MIG_FUZZ_TARGET(std::as_bytes(std::span(data, size)));
  return 0;
}
