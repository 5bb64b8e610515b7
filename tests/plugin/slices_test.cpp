// SPDX-License-Identifier: GPL-2.0-or-later
#include "plugin/model/slices.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "mig/describe.hpp"
#include "mig/forward_parser.hpp"
#include "plugin/model/connection.hpp"
#include "support/stream_builder.hpp"

using namespace mig;
using namespace mig::plugin;

namespace {

/// Puts the events of a stream into an index.
struct Collector final : EventSink {
  void on_event(const Event& event, Bytes) override {
    if (std::holds_alternative<PageRecord>(event.body)) return index.add_page(event, {12, 1, false});
    if (std::holds_alternative<Payload>(event.body)) return index.add_payload(event);
    index.add(event);
  }
  UnitIndex index;
};

/// Every record and unit that the slices of a stretch hold, as text.
void append(std::vector<std::string>& out, const UnitIndex& index, StreamRange stretch,
            const StreamTables& tables) {
  Slices slices(index, stretch);
  auto at = stretch.begin;
  for (Slice slice; slices.next(slice);) {
    CHECK(slice.range.begin >= at);  // in order, nothing twice
    CHECK(slice.range.end <= stretch.end);
    at = slice.range.end;
    if (slice.kind == Slice::Kind::unit) out.push_back(describe(slice.unit->event, tables));
    for (std::uint32_t i = 0; slice.kind == Slice::Kind::pages && i < slice.count; ++i)
      out.push_back(describe(slice.run->event(slice.first + i), tables));
  }
}

/// The stream in pieces: what every piece brought, one piece after the other.
std::vector<std::string> cut(Bytes bytes, std::size_t step) {
  StreamTables tables;
  ForwardParser parser(tables);
  Collector collector;
  std::vector<StreamRange> stretches;
  std::uint64_t told = 0;
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    const auto piece = bytes.subspan(at, std::min(step, bytes.size() - at));
    parser.feed(piece, collector);
    const auto now = at + piece.size() - parser.held().size();
    stretches.push_back({told, now});
    told = now;
  }
  std::vector<std::string> out;  // drawn when all is known, as a later pass does
  for (const auto& stretch : stretches) append(out, collector.index, stretch, tables);
  return out;
}

}  // namespace

TEST_CASE("however a stream is cut, the slices hold every unit once") {
  test::StreamBuilder b;
  b.file_header().configuration("pc").ram_setup(2, {{"pc.ram", 0x100000}, {"vga", 0x10000}}).section_part(2);
  for (std::uint64_t page = 0; page < 5; ++page) b.zero_page(page == 0 ? "pc.ram" : "", page * 4096);
  b.page("", 0x5000).page("", 0x6000).page("vga", 0).zero_page("", 0x3000);
  b.eos().footer(2).section_end(2).eos().footer(2).device(7, "timer", 300).eof();
  const Bytes bytes = b;
  const auto whole = cut(bytes, bytes.size());
  CHECK(whole.size() > 15);
  for (const std::size_t step : {1U, 2U, 3U, 7U, 100U, 1448U}) {
    CAPTURE(step);
    CHECK(cut(bytes, step) == whole);
  }
}
