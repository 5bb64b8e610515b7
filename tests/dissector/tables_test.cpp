// SPDX-License-Identifier: GPL-2.0-or-later
#include "dissector/helpers.hpp"

using namespace mig;
using namespace mig::test;

TEST_CASE("the same text has the same id") {
  StreamTables tables;
  CHECK(tables.intern("pc.ram") == tables.intern("pc.ram"));
  CHECK(tables.intern("pc.ram") != tables.intern("pc.rom"));
  CHECK(tables.name(*tables.intern("pc.rom")) == "pc.rom");
  CHECK(tables.name(no_name).empty());
}

TEST_CASE("tables are bounded, whatever a stream says") {
  StreamTables tables;
  for (std::size_t i = 0; i < StreamTables::max_names; ++i) REQUIRE(tables.intern("n" + std::to_string(i)));
  CHECK_FALSE(tables.intern("one more"));
  CHECK_FALSE(tables.add_block("one more", 1));
  CHECK(tables.intern("n7"));  // what is known stays known
}

TEST_CASE("too many names are an error of the stream, at the unit that has one more") {
  StreamBuilder s;
  std::size_t last = 0;
  for (std::size_t i = 0; i <= StreamTables::max_names; ++i) {
    last = s.size();
    s.device(static_cast<std::uint32_t>(i & 0x7fff), "d" + std::to_string(i), 0);
  }
  StreamTables tables;
  tables.footers = true;
  ForwardParser parser(tables, ForwardStart::element);
  EventLog log;
  const auto error = parser.feed(s, log);
  REQUIRE(error);
  CHECK(*error == ParseError{ParseErrc::too_many_names, last});
  CHECK(log.bytes() == s.bytes());
}

TEST_CASE("every error has a name and a sentence of its own") {
  std::vector<std::string_view> seen;
  for (int i = 0; i <= static_cast<int>(ParseErrc::bad_multifd_packet); ++i) {
    const auto code = static_cast<ParseErrc>(i);
    CHECK_FALSE(explain(code).empty());
    CHECK(std::find(seen.begin(), seen.end(), to_string(code)) == seen.end());
    seen.push_back(to_string(code));
  }
}
