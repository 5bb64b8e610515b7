// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "mig/forward_parser.hpp"
#include "mig/multifd_parser.hpp"
#include "mig/return_path_parser.hpp"
#include "support/stream_builder.hpp"

namespace mig::test {

using Lines = std::vector<std::string>;

/// A forward stream, in all splits; the outcome of the whole.
inline Outcome forward(const StreamBuilder& stream, ForwardStart start = ForwardStart::file_header,
                       std::function<void(StreamTables&)> prepare = {}) {
  return for_each_split(stream, parse_with<ForwardParser>(std::move(prepare), start));
}

/// The same without its header and configuration section: `prepare` may say what those would have.
inline Outcome elements(const StreamBuilder& stream, std::function<void(StreamTables&)> prepare = {}) {
  return forward(stream, ForwardStart::element, std::move(prepare));
}

/// Tables as they stand inside a migration with one RAM block, footers, and a page size that was stated.
inline void with_ram(StreamTables& tables) {
  REQUIRE(tables.add_block("pc.ram", 0x40000));
  const auto ram = tables.intern("ram");
  REQUIRE(tables.add_section({SectionId{1}, *ram, 0, 4, SectionClass::ram, true}));
  tables.footers = true;
  tables.know_page_size(4096, PageSizeSource::preset);
}

inline void check_error(const Outcome& outcome, ParseErrc code, std::uint64_t offset) {
  REQUIRE(outcome.error);
  CHECK(to_string(outcome.error->code) == to_string(code));
  CHECK(outcome.error->offset == offset);
}

/// Runs a stream that must end in an error of this code at this offset, with all later bytes unparsed.
inline void refused(const StreamBuilder& stream, ParseErrc code, std::uint64_t offset,
                    ForwardStart start = ForwardStart::element,
                    std::function<void(StreamTables&)> prepare = with_ram) {
  check_error(forward(stream, start, std::move(prepare)), code, offset);
}

}  // namespace mig::test
