// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <stdexcept>

#include "mig/bytes.hpp"

namespace mig::test {

/// A promise of the parsers that some input has broken.
struct BrokenPromise : std::logic_error {
  using std::logic_error::logic_error;
};

/// Each runs `input` through a parser whole and byte by byte: strict, with a gap in it and the place searched
/// for, and joined in the middle. Throws BrokenPromise when events do not tile the input, when the two runs
/// tell different things, or when more than a header is held.
void fuzz_forward(Bytes input);
void fuzz_resumed(Bytes input);
void fuzz_preempt(Bytes input);
void fuzz_return_path(Bytes input);
void fuzz_multifd(Bytes input);
/// Both directions of a connection that finds out itself what it is; the second half of the input is the way
/// back.
void fuzz_connection(Bytes input);

}  // namespace mig::test
