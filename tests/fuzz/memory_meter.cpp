// SPDX-License-Identifier: GPL-2.0-or-later
#include "fuzz/memory_meter.hpp"

#include <malloc.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <new>

namespace {

// Other threads may allocate, too.
std::atomic<std::ptrdiff_t> in_use = 0, highest = 0, at_start = 0;

void* counted(void* memory) noexcept {
  if (memory == nullptr) return nullptr;
  const auto now = in_use += static_cast<std::ptrdiff_t>(malloc_usable_size(memory));
  for (auto seen = highest.load(); now > seen && !highest.compare_exchange_weak(seen, now);) {
  }
  return memory;
}
void give_back(void* memory) noexcept {
  if (memory != nullptr) in_use -= static_cast<std::ptrdiff_t>(malloc_usable_size(memory));
  std::free(memory);
}

}  // namespace

void* operator new(std::size_t size) {
  if (void* memory = counted(std::malloc(std::max<std::size_t>(size, 1)))) return memory;
  throw std::bad_alloc();
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return counted(std::malloc(std::max<std::size_t>(size, 1)));
}
void operator delete(void* memory) noexcept { give_back(memory); }
void operator delete(void* memory, std::size_t) noexcept { give_back(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { give_back(memory); }
// Those with an alignment stay the library's, and are not counted.

namespace mig::test {

MemoryMeter::MemoryMeter() noexcept {
  at_start = in_use.load();
  highest = at_start.load();
}

std::size_t MemoryMeter::peak() const noexcept { return static_cast<std::size_t>(highest - at_start); }

}  // namespace mig::test
