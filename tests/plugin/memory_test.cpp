// SPDX-License-Identifier: GPL-2.0-or-later
// Out of memory, at whatever allocation: a connection goes on or stops reading, and never throws, since
// Wireshark is written in C.
#include <doctest/doctest.h>

#include <cstdlib>
#include <new>

#include "plugin/model/capture.hpp"
#include "support/stream_builder.hpp"

using namespace mig;
using namespace mig::plugin;

namespace {

long allocations_left = -1;  // negative: no limit

struct Fate {
  bool dead = false;
  bool ran_out = false;
  std::size_t units = 0;
};

/// Feeds a stream in pieces, with a limited number of allocations.
Fate feed_with(long allocations, Bytes stream) {
  Capture capture({});
  auto& connection = capture.connect({}, {}, Resync::after_loss);
  allocations_left = allocations;
  for (std::size_t at = 0; at < stream.size(); at += 500) {
    Connection::Input input;
    input.segment.bytes = stream.subspan(at, std::min<std::size_t>(500, stream.size() - at));
    input.segment.size = static_cast<std::uint32_t>(input.segment.bytes.size());
    input.segment.sequence = static_cast<std::uint32_t>(1 + at);
    input.segment.visit.frame = static_cast<std::uint32_t>(1 + at / 500);
    connection.feed(Direction::forward, input);
  }
  connection.end(Direction::forward, true, {1000, 0});
  const bool ran_out = allocations_left == 0;
  allocations_left = -1;
  const auto& way = connection.way(Direction::forward);
  return {way.dead, ran_out, way.units.units().size()};
}

}  // namespace

void* operator new(std::size_t size) {
  if (allocations_left == 0) throw std::bad_alloc();
  if (allocations_left > 0) --allocations_left;
  if (void* memory = std::malloc(size)) return memory;  // NOLINT(cppcoreguidelines-no-malloc)
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }               // NOLINT
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }  // NOLINT

TEST_CASE("out of memory at any allocation ends the reading of a direction, and nothing else") {
  const auto built = test::postcopy_stream();
  const Bytes stream = built;
  const auto whole = feed_with(-1, stream);
  CHECK_FALSE(whole.dead);
  CHECK(whole.units > 20);
  long stopped = 0, allocations = 0;
  for (bool ran_out = true; ran_out && allocations < 10000; ++allocations) {
    const auto fate = feed_with(allocations, stream);
    ran_out = fate.ran_out;
    stopped += fate.dead ? 1 : 0;
    CHECK(fate.units <= whole.units);
    if (!fate.dead) CHECK(fate.units == whole.units);
  }
  CHECK(allocations < 10000);
  CHECK(stopped > 20);
}
