// SPDX-License-Identifier: GPL-2.0-or-later
// Each field is in the raw bytes where the list says, and all bytes are accounted for: rules edit there, the
// Wireshark tree points there. The parser tests check the same of every stream that they parse, tests/truth
// of the samples.
#include "mig/fields.hpp"

#include "dissector/helpers.hpp"
#include "mig/describe.hpp"

using namespace mig;
using namespace mig::test;
using S = StreamBuilder;

namespace {

template <class P, class... Args>
void check_all(Bytes stream, const std::function<void(StreamTables&)>& prepare, Args... args) {
  StreamTables tables;
  if (prepare) prepare(tables);
  P parser(tables, args...);
  EventLog log;
  CHECK_FALSE(parser.feed(stream, log));
  CHECK(log.layout_fault(tables) == "");
}

}  // namespace

TEST_CASE("every byte of a header is in one field or in its framing") {
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
