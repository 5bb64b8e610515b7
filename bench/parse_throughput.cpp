// SPDX-License-Identifier: GPL-2.0-or-later
// Parse throughput in memory: bytes per second of a migration stream, no I/O.
//   bench_parse            a generated stream of plain pages, in chunks of 64 KiB and 1 MiB
//   bench_parse FILE       a stream file (as `migrate file:` writes it), repeated until a second has passed
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "mig/forward_parser.hpp"

namespace {

using Clock = std::chrono::steady_clock;

struct Count final : mig::EventSink {
  std::size_t events = 0, bytes = 0;
  void on_event(const mig::Event&, mig::Bytes raw) override {
    ++events;
    bytes += raw.size();
  }
};

void put(std::vector<std::byte>& out, std::uint64_t value, unsigned size) {
  for (unsigned i = size; i-- > 0;) out.push_back(static_cast<std::byte>(value >> (8 * i)));
}

/// PARTs of the ram section, 256 pages each, as a busy guest sends them.
std::vector<std::byte> page_stream(std::size_t pages) {
  std::vector<std::byte> out;
  for (std::size_t i = 0; i < pages; ++i) {
    if (i % 256 == 0) put(out, 2, 1), put(out, 1, 4);
    put(out, i * 4096 | 0x08 | (i != 0 ? 0x20U : 0U), 8);
    if (i == 0) {
      put(out, 6, 1);
      for (const char c : std::string("pc.ram")) put(out, static_cast<unsigned char>(c), 1);
    }
    out.resize(out.size() + 4096, std::byte{0x5a});
    if (i % 256 == 255) put(out, 0x10, 8), put(out, 0x7e, 1), put(out, 1, 4);
  }
  return out;
}

void prepare(mig::StreamTables& tables, std::size_t ram) {
  const auto name = tables.intern("ram");
  const bool ok = tables.add_block("pc.ram", ram) && name &&
                  tables.add_section({mig::SectionId{1}, *name, 0, 4, mig::SectionClass::ram, true});
  if (!ok) std::abort();
  tables.footers = true;
}

/// One pass; returns false on a parse error.
bool parse(mig::Bytes stream, std::size_t chunk, mig::ForwardStart start, std::size_t ram, Count& count) {
  mig::StreamTables tables;
  if (start == mig::ForwardStart::element) prepare(tables, ram);
  mig::ForwardParser parser(tables, start);
  for (std::size_t at = 0; at < stream.size(); at += chunk) {
    if (parser.feed(stream.subspan(at, std::min(chunk, stream.size() - at)), count)) return false;
  }
  return !parser.finish(count);
}

int measure(const char* what, mig::Bytes stream, std::size_t chunk, mig::ForwardStart start,
            std::size_t ram) {
  Count count;
  const auto begin = Clock::now();
  double seconds = 0;
  do {
    if (!parse(stream, chunk, start, ram, count))
      return std::fprintf(stderr, "%s: does not parse\n", what), 1;
    seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  } while (seconds < 1);
  std::printf("%-24s chunk %7zu  %7.1f GB/s  %6.1f ns per event  %zu bytes\n", what, chunk,
              static_cast<double>(count.bytes) / seconds / 1e9,
              seconds * 1e9 / static_cast<double>(count.events), stream.size());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1) {
    std::ifstream file(argv[1], std::ios::binary);
    if (!file) return std::fprintf(stderr, "%s: cannot be opened\n", argv[1]), 2;
    const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
    return measure("stream file", std::as_bytes(std::span(bytes)), 1U << 20, mig::ForwardStart::file_header,
                   0);
  }
  const std::size_t pages = 32768;  // 128 MiB
  const auto stream = page_stream(pages);
  return measure("plain pages", stream, 64U << 10, mig::ForwardStart::element, pages * 4096) |
         measure("plain pages", stream, 1U << 20, mig::ForwardStart::element, pages * 4096);
}
