// SPDX-License-Identifier: GPL-2.0-or-later
// Source: migration/ram.c ram_save_setup(), save_page_header() and the writers of each kind of page.
#pragma once
#include <array>

#include "layout/io.hpp"
#include "mig/wire.hpp"

namespace mig {

template <>
struct Layout<RamBlockList> {
  static constexpr std::string_view name = "ram-blocks";
  static constexpr Role role = Role::header;
  template <class Io>
  static constexpr void walk(Io& io, auto& b) {
    auto flags = wire::ram_mem_size;
    io.packed("total", b.total, flags, page_split, hex);
  }
};
template <>
struct Layout<RamBlockEntry> {
  static constexpr std::string_view name = "ram-block";
  static constexpr Role role = Role::part;
  template <class Io>
  static constexpr void walk(Io& io, auto& b) {
    io.cstr("block", b.block);
    io.be64("used_length", b.used_length, hex);
  }
};
template <>
struct Layout<RamBlockPageSize> {
  static constexpr std::string_view name = "block-page-size";
  static constexpr Role role = Role::part;
  template <class Io>
  static constexpr void walk(Io& io, auto& b) {
    io.derived_name("block", b.block);
    io.be64("page_size", b.page_size, hex);
  }
};
template <>
struct Layout<RamBlockAddress> {
  static constexpr std::string_view name = "block-address";
  static constexpr Role role = Role::part;
  template <class Io>
  static constexpr void walk(Io& io, auto& b) {
    io.derived_name("block", b.block);
    io.be64("address", b.address, hex);
  }
};
template <>
struct Layout<MappedRamHeader> {
  static constexpr std::string_view name = "mapped-ram";
  static constexpr Role role = Role::part;
  template <class Io>
  static constexpr void walk(Io& io, auto& b) {
    io.derived_name("block", b.block);
    io.be32("version", b.version);
    io.be64("page_size", b.page_size, quiet_hex);
    io.be64("bitmap_offset", b.bitmap_offset, hex);
    io.be64("pages_offset", b.pages_offset, hex);
  }
};

template <>
struct Layout<PageRecord> {
  static constexpr std::string_view name = "page";
  static constexpr std::string_view name_of(const PageRecord& b) {
    return b.encoding == PageEncoding::zero ? "zero-page" : name;
  }
  static constexpr Role role = Role::header;
  static constexpr std::array<std::string_view, 1> first{"block"};
  template <class Io>
  static constexpr void walk(Io& io, auto& b) {
    io.packed("offset", b.page_offset, b.flags, page_split, hex);
    b.names_block ? io.cstr("block", b.block) : io.derived_name("block", b.block);
    switch (b.encoding) {
      case PageEncoding::plain: io.derived("size", b.payload_size); break;
      case PageEncoding::zero: io.u8("fill", b.fill, b.fill != 0 ? hex : quiet_hex); break;
      case PageEncoding::xbzrle:
        io.derived_text("encoding", to_string(PageEncoding::xbzrle));
        io.constant8(wire::xbzrle_encoded);
        io.be16("size", b.payload_size);
        break;
      case PageEncoding::compressed:
        io.derived_text("encoding", to_string(PageEncoding::compressed));
        io.be32("size", b.payload_size);
        break;
    }
    io.flag("continue", !b.names_block);
  }
};
template <>
struct Layout<RamEos> {
  static constexpr std::string_view name = "ram-eos";
  static constexpr Role role = Role::header;
  template <class Io>
  static constexpr void walk(Io& io, auto&) {
    io.constant64(wire::ram_eos);
  }
};
template <>
struct Layout<MultifdFlush> {
  static constexpr std::string_view name = "multifd-flush";
  static constexpr Role role = Role::header;
  template <class Io>
  static constexpr void walk(Io& io, auto&) {
    io.constant64(wire::ram_multifd_flush);
  }
};
template <>
struct Layout<RamHook> {
  static constexpr std::string_view name = "ram-hook";
  static constexpr Role role = Role::header;
  template <class Io>
  static constexpr void walk(Io& io, auto& b) {
    io.be64("flags", b.flags, hex);
  }
};

}  // namespace mig
