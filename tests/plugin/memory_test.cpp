// SPDX-License-Identifier: GPL-2.0-or-later
// Memory: what a page costs, that all of it comes back, and that a connection without any goes on or stops
// reading and never throws, since Wireshark is written in C.
#include <doctest/doctest.h>
#include <malloc.h>

#include <cstdlib>
#include <new>

#include "plugin/model/capture.hpp"
#include "support/stream_builder.hpp"

using namespace mig;
using namespace mig::plugin;

namespace {

long allocations_left = -1;  // negative: no limit
long live = 0;               // bytes that are allocated, the allocator's rounding included

struct Disposition {
  bool dead = false;
  bool ran_out = false;
  std::size_t units = 0;
};

void feed_in_pieces(Connection& connection, Bytes stream, std::size_t step) {
  for (std::size_t at = 0; at < stream.size(); at += step) {
    Connection::Input input;
    input.segment.bytes = stream.subspan(at, std::min(step, stream.size() - at));
    input.segment.size = static_cast<std::uint32_t>(input.segment.bytes.size());
    input.segment.sequence = static_cast<std::uint32_t>(1 + at);
    input.segment.visit.frame = static_cast<std::uint32_t>(1 + at / step);
    connection.feed(Direction::forward, input);
  }
}

/// Feeds a stream with a limited number of allocations.
Disposition feed_with(long allocations, Bytes stream) {
  Capture capture({});
  auto& connection = capture.connect({}, {}, Joined::at_start);
  allocations_left = allocations;
  feed_in_pieces(connection, stream, 500);
  connection.end(Direction::forward, true, {0, 1000});
  const bool ran_out = allocations_left == 0;
  allocations_left = -1;
  const auto& direction_state = connection.direction_state(Direction::forward);
  return {direction_state.dead, ran_out, direction_state.units.units().size()};
}

constexpr std::uint64_t page_size = 4096;

/// A stream with `count` pages, the n-th of them at `place(n)` pages.
template <class Place>
Bytes with_pages(test::StreamBuilder& built, std::uint64_t count, Place place) {
  built.file_header().configuration().ram_setup(1, {{"pc.ram", count * page_size}}).section_part(1);
  for (std::uint64_t i = 0; i < count; ++i) built.page(i == 0 ? "pc.ram" : "", place(i) * page_size);
  built.eos().footer(1);
  return built;
}

/// Bytes that the model keeps of a stream that comes in segments of `step` bytes.
double kept_of(Bytes stream, std::size_t step) {
  Capture capture({});
  auto& connection = capture.connect({}, {}, Joined::at_start);
  const auto before = live;
  feed_in_pieces(connection, stream, step);
  const auto kept = live - before;
  REQUIRE_FALSE(connection.direction_state(Direction::forward).dead);
  return static_cast<double>(kept);
}

}  // namespace

void* operator new(std::size_t size) {
  if (allocations_left == 0) throw std::bad_alloc();
  if (allocations_left > 0) --allocations_left;
  void* memory = std::malloc(size);  // NOLINT(cppcoreguidelines-no-malloc)
  if (memory == nullptr) throw std::bad_alloc();
  live += static_cast<long>(malloc_usable_size(memory));
  return memory;
}
void operator delete(void* memory) noexcept {
  live -= static_cast<long>(malloc_usable_size(memory));
  std::free(memory);  // NOLINT
}
void operator delete(void* memory, std::size_t) noexcept { operator delete(memory); }

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

TEST_CASE(
    "pages that follow each other cost next to nothing; other pages, and segments, less than 60 bytes") {
  constexpr std::uint64_t pages = 5000;
  constexpr std::size_t few = 1 << 20, many = 1448;  // bytes of a segment
  test::StreamBuilder first, second;
  const auto in_order = with_pages(first, pages, [](std::uint64_t i) { return i; });
  const auto backwards = with_pages(second, pages, [](std::uint64_t i) { return pages - 1 - i; });
  const auto constant = kept_of(in_order.first(10000), few);
  CHECK((kept_of(in_order, few) - constant) / pages < 2);
  CHECK((kept_of(backwards, few) - constant) / pages < 60);
  const auto segments = static_cast<double>(in_order.size()) / many;
  CHECK((kept_of(in_order, many) - kept_of(in_order, few)) / segments < 60);
}

TEST_CASE("a capture that is closed leaves nothing behind") {
  const auto built = test::postcopy_stream();
  const Bytes stream = built;
  for (const long allocations : {-1L, 0L, 10L, 100L, 200L}) {
    const auto before = live;
    static_cast<void>(feed_with(allocations, stream));
    CHECK(live == before);
  }
}
