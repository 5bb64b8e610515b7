// SPDX-License-Identifier: GPL-2.0-or-later
// Each field stands in the raw bytes where the table says: rules edit there, the Wireshark tree points there.
#include "mig/fields.hpp"

#include "dissector/helpers.hpp"
#include "mig/describe.hpp"

using namespace mig;
using namespace mig::test;
using S = StreamBuilder;

namespace {

std::uint64_t load(Bytes raw, WireSpan span) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < span.size; ++i) value = value << 8 | load_u8(raw, span.offset + i);
  return value;
}

/// Every field that is on the wire must be found there with its value.
void check_fields(const EventLog::Entry& entry, const StreamTables& tables) {
  for (const auto& field : fields_of(entry.event, tables)) {
    if (field.wire.size == 0) continue;
    CAPTURE(describe(entry.event, tables));
    CAPTURE(field.name);
    REQUIRE(field.wire.offset + field.wire.size <= entry.raw.size());
    if (field.style == FieldStyle::text && field.name != "type") {
      CHECK(as_text(Bytes(entry.raw).subspan(field.wire.offset, field.wire.size)) == field.text);
    } else if (field.style == FieldStyle::decimal || field.style == FieldStyle::hex) {
      const bool with_flags = field.name == "offset" && field.wire.size == 8 && field.wire.offset == 0;
      const auto on_wire = load(entry.raw, field.wire);
      const bool mixed =
          with_flags || field.name == "total" || field.name == "address" || field.name == "sector";
      if (!mixed) CHECK(on_wire == field.number);
      if (with_flags) CHECK((on_wire & ~0xfffULL) == (field.number & ~0xfffULL));
    }
  }
}

template <class P, class... Args>
void check_all(Bytes stream, const std::function<void(StreamTables&)>& prepare, Args... args) {
  StreamTables tables;
  if (prepare) prepare(tables);
  P parser(tables, args...);
  EventLog log;
  CHECK_FALSE(parser.feed(stream, log));
  for (const auto& entry : log.entries()) check_fields(entry, tables);
}

}  // namespace

TEST_CASE("fields stand where the table says") {
  check_all<ForwardParser>(postcopy_stream(), {});
  check_all<ForwardParser>(precopy_stream(), {});
  check_all<ForwardParser>(S().file_header()
                               .configuration("virt")
                               .target_page_bits(12)
                               .capabilities({"mapped-ram"})
                               .uuid(3)
                               .ping(1),
                           {});
  check_all<ReturnPathParser>(
      ReturnPathBuilder(postcopy_return_path()).recv_bitmap("pc.ram", 8).resume_ack().switchover_ack(), {});
  check_all<MultifdParser>(
      MultifdBuilder().init(3).packet({.normal = {0x1000}, .zero = {0}}).device_state("vfio", 2, 9),
      with_ram);
  check_all<ForwardParser>(S().recv_bitmap_request("pc.ram")
                               .resume()
                               .section_start(5, "dirty-bitmap")
                               .u8(0x1d)
                               .cstr("n")
                               .cstr("b")
                               .be32(1)
                               .u8(2)
                               .footer(5),
                           with_ram, ForwardStart::element);
}

TEST_CASE("names that are no text stay on one printable line") {
  StreamTables tables;
  const auto block = tables.add_block("evil\n\x1b[31m", 0x1000);
  REQUIRE(block);
  PageRecord record;
  record.block = *block;
  CHECK(describe_unit({{}, record}, tables) == "page block=evil\\x0a\\x1b[31m offset=0x0 size=0 continue");
}

TEST_CASE("units and what belongs to them") {
  CHECK(starts_unit(Ping{}));
  CHECK(starts_unit(PageRecord{}));
  CHECK_FALSE(starts_unit(Payload{}));
  CHECK_FALSE(starts_unit(DiscardRange{}));
  CHECK_FALSE(starts_unit(PackageEnd{}));
  CHECK(unit_name(Command{CommandType::switchover_start, false}) == "switchover-start");
  PageRecord zero;
  zero.encoding = PageEncoding::zero;
  CHECK(unit_name(zero) == "zero-page");
}
