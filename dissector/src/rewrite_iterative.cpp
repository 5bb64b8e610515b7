// SPDX-License-Identifier: GPL-2.0-or-later
#include <array>

#include "mig/fields.hpp"
#include "rewriter.hpp"

namespace mig {
namespace {

// ---- RAM ----

std::uint64_t page_flag(Rewriter& w) {
  const auto encoding = w.fields().text("encoding").value_or("plain");
  if (encoding == to_string(PageEncoding::plain)) return wire::ram_page;
  if (encoding == to_string(PageEncoding::xbzrle)) return wire::ram_xbzrle;
  if (encoding != to_string(PageEncoding::compressed)) w.refuse();
  return wire::ram_compress_page;
}

void page_start(Rewriter& w, std::uint64_t flag) {
  const bool named = !w.fields().flag("continue");
  const auto offset = w.number("offset");
  if ((offset & 0xff) != 0) w.refuse();
  w.u64(offset | flag | (named ? 0 : wire::ram_continue));
  if (named) w.cstr(w.text("block"));
}

void page(Rewriter& w) {
  const auto flag = page_flag(w);
  page_start(w, flag);
  if (flag == wire::ram_xbzrle) {
    w.u8(wire::xbzrle_encoded);
    w.u16(w.number("size"));
  } else if (flag == wire::ram_compress_page) {
    w.u32(w.number("size"));
  }
}

void zero_page(Rewriter& w) {
  page_start(w, wire::ram_zero);
  w.u8(w.fields().number("fill").value_or(0));
}

// ---- other sections ----

void dirty_bitmap(Rewriter& w) {
  const auto flags = w.number("flags");
  flags > 0xffff ? w.u32(flags) : flags > 0xff ? w.u16(flags) : w.u8(flags);
  if (const auto node = w.fields().text("node")) w.cstr(*node);
}

void bitmap_bits(Rewriter& w) {
  w.u64(w.number("start_sector"));
  w.u32(w.number("sectors"));
  const auto size = w.number("size");
  if (size != 0 || w.length() == 20) w.u64(size);
}

void block_chunk(Rewriter& w) {
  const auto sector = w.number("sector");
  const auto flags = w.number("flags");
  if (sector >> 55 != 0 || flags > 0x1ff) w.refuse();
  w.u64(sector << 9 | flags);
  if (const auto device = w.fields().text("device")) w.cstr(*device);
}

/// The size stands behind some kinds of record, and only the length tells where it is 0.
void sized(Rewriter& w) {
  const auto size = w.number("size");
  if (size != 0 || w.length() == 16) w.u64(size);
}

void htab_record(Rewriter& w) {
  w.u32(w.number("index"));
  w.u16(w.number("valid"));
  w.u16(w.number("invalid"));
}

using Row = RewriteRow;
const std::array iterative_units{
    Row{"ram-blocks", [](Rewriter& w) { w.u64(w.number("total") | wire::ram_mem_size); }},
    Row{"ram-block", [](Rewriter& w) { w.cstr(w.text("block")), w.u64(w.number("used_length")); }},
    Row{"block-page-size", [](Rewriter& w) { w.u64(w.number("page_size")); }},
    Row{"block-address", [](Rewriter& w) { w.u64(w.number("address")); }},
    Row{"page", page},
    Row{"zero-page", zero_page},
    Row{"ram-eos", [](Rewriter& w) { w.u64(wire::ram_eos); }},
    Row{"multifd-flush", [](Rewriter& w) { w.u64(wire::ram_multifd_flush); }},
    Row{"ram-hook", [](Rewriter& w) { w.u64(w.number("flags")); }},
    Row{"dirty-bitmap", dirty_bitmap},
    Row{"bitmap-name", [](Rewriter& w) { w.cstr(w.text("bitmap")); }},
    Row{"bitmap-start", [](Rewriter& w) { w.u32(w.number("granularity")), w.u8(w.number("flags")); }},
    Row{"bitmap-bits", bitmap_bits},
    Row{"block-chunk", block_chunk},
    Row{"vfio-record", [](Rewriter& w) { w.u64(w.number("tag")), sized(w); }},
    Row{"htab-header", [](Rewriter& w) { w.u32(w.number("value")); }},
    Row{"htab-record", htab_record},
    Row{"s390-record", [](Rewriter& w) { w.u64(w.number("address") | w.number("flags")), sized(w); }},
};

}  // namespace

RewriteRows iterative_rows() { return iterative_units; }

}  // namespace mig
