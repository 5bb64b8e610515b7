// SPDX-License-Identifier: GPL-2.0-or-later
// Once the names of a migration are known, reading costs no allocation at all.
#include <cstdlib>
#include <new>

#include "dissector/helpers.hpp"

namespace {

std::size_t allocations = 0;

}  // namespace

void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
/// std::stable_sort asks for memory with this one, and gives it back with operator delete.
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  ++allocations;
  return std::malloc(size);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

using namespace mig;
using namespace mig::test;

namespace {

struct Counting final : EventSink {
  std::size_t events = 0;
  void on_event(const Event&, Bytes) override { ++events; }
};

template <class P, class... Args>
void reads_without_allocating(const ByteBuilder& stream, Args... args) {
  StreamTables tables;
  Counting sink;
  for (const bool names_known : {false, true}) {
    for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, stream.size()}) {
      P parser(tables, args...);
      const auto before = allocations;
      const auto told = sink.events;
      for (Bytes rest = stream; !rest.empty(); rest = rest.subspan(std::min(piece, rest.size())))
        REQUIRE_FALSE(parser.feed(rest.first(std::min(piece, rest.size())), sink));
      const auto made = allocations - before;
      CHECK(sink.events > told + 5);
      if (names_known) CHECK(made == 0);
    }
  }
}

}  // namespace

TEST_CASE("no allocation per event") {
  const auto counted = allocations;
  static_cast<void>(StreamTables().intern("x"));
  CHECK(allocations > counted);  // they are counted
  reads_without_allocating<ForwardParser>(postcopy_stream());
  reads_without_allocating<ForwardParser>(precopy_stream());
  reads_without_allocating<ReturnPathParser>(postcopy_return_path().recv_bitmap("pc.ram", 64));
  reads_without_allocating<MultifdParser>(MultifdBuilder()
                                              .init(0)
                                              .packet({.normal = {0, 0x1000}, .zero = {0x2000}})
                                              .packet({.flags = 1, .block = ""})
                                              .device_state("vfio", 1, 40));
}
