// SPDX-License-Identifier: GPL-2.0-or-later
// What is fuzzed, by name: each target reads an input, and throws BrokenPromise when the code under test has
// broken one. tests/fuzz/targets/ has one file for each subject.
#pragma once
#include <span>
#include <stdexcept>
#include <string_view>

#include "mig/bytes.hpp"

namespace mig::test {

/// A promise that some input has broken.
struct BrokenPromise : std::logic_error {
  using std::logic_error::logic_error;
};

inline void require(bool holds, const char* what) {
  if (!holds) throw BrokenPromise(what);
}

struct Target {
  std::string_view name;  ///< of its folder in corpus/, and of its program: fuzz_NAME
  void (*run)(Bytes input);
};

/// All that are built here.
[[nodiscard]] std::span<const Target> all_targets();
/// Throws std::out_of_range where there is none.
[[nodiscard]] const Target& find_target(std::string_view name);

// Parsers: an input is fed whole and in pieces, strict or resynchronising, with a gap or without. Events tile
// it, and the pieces make no difference. fuzz_connection has both directions.
void fuzz_forward(Bytes input);
void fuzz_resumed(Bytes input);
void fuzz_preempt(Bytes input);
void fuzz_return_path(Bytes input);
void fuzz_multifd(Bytes input);
void fuzz_connection(Bytes input);
/// A VM description and a device's bytes: values lie in the body, memory is bounded.
void fuzz_vmstate(Bytes input);
/// A rule is printed so that it is read again.
void fuzz_rules(Bytes input);
/// Rules and both directions: what no rule touches is sent as it came, and pieces make no difference.
void fuzz_fault_session(Bytes input);
/// A capture or stream file through every analysis: well-formed texts, bounded memory.
void fuzz_capture(Bytes input);
/// Damages to a capture whose guest's memory is a known text: redact writes none of it.
void fuzz_redact(Bytes input);
/// Two QEMUs whose link is cut: who really runs the guest is among those who may, so what is certain is right.
void fuzz_verdict(Bytes input);
/// A scenario file is read, or rejected with its name and line.
void fuzz_scenario(Bytes input);

}  // namespace mig::test
