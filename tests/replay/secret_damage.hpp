// SPDX-License-Identifier: GPL-2.0-or-later
// Captures of the secret's streams, damaged at random.
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "replay/secret_capture.hpp"

namespace mig::test {

/// A capture file and what was done to it.
struct DamagedCapture {
  std::vector<std::byte> file;
  std::string damages;      ///< their names
  bool packets_fit = true;  ///< the file is as long as its packets say
};
/// Where the damages come from: a random generator, or the input of a fuzzer.
using Decisions = std::function<std::uint32_t()>;
/// Damaged in one to three ways.
[[nodiscard]] DamagedCapture damaged_capture(SecretStreams streams, const Decisions& decide);

}  // namespace mig::test
