// SPDX-License-Identifier: GPL-2.0-or-later
// Source: migration/multifd.h MultiFDInit_t, MultiFDPacket_t, MultiFDPacketDeviceState_t.
#pragma once
#include <array>

#include "layout/io.hpp"
#include "mig/wire.hpp"

namespace mig {

inline constexpr std::size_t multifd_name_field = 256;

template <>
struct Layout<MultifdInit> {
  static constexpr std::string_view name = "multifd-init";
  static constexpr Role role = Role::header;
  static constexpr std::array<std::string_view, 2> first{"version", "channel_id"};
  template <class Io>
  static constexpr void walk(Io& io, auto& b) {
    io.constant32(wire::multifd_magic);
    io.be32("version", b.version);
    io.bytes("uuid", b.uuid);
    io.u8("channel_id", b.channel);
    io.ignored(7 + 4 * 8);
  }
};

template <>
struct Layout<MultifdPacket> {
  static constexpr std::string_view name = "multifd-packet";
  static constexpr Role role = Role::header;
  static constexpr std::array<std::string_view, 5> first{"packet_num", "flags", "block", "normal_pages",
                                                         "zero_pages"};
  /// Without pages the size (up to 8.1) and the name are what an earlier packet had.
  template <class Io>
  static constexpr void walk(Io& io, auto& b) {
    io.constant32(wire::multifd_magic);
    io.constant32(wire::multifd_version);
    io.be32("flags", b.flags, hex);
    io.be32("pages_alloc", b.pages_alloc, quiet);
    io.be32("normal_pages", b.normal_pages);
    if (b.normal_pages != 0) {
      io.be32("size", b.payload_size);
    } else {
      io.ignored(4);
      io.derived("size", b.payload_size);
    }
    io.be64("packet_num", b.packet_num);
    io.be32("zero_pages", b.zero_pages);
    io.ignored(4 + 3 * 8);
    if (b.normal_pages != 0 || b.zero_pages != 0) {
      io.padded("block", b.block, multifd_name_field);
    } else {
      io.ignored(multifd_name_field);
    }
  }
};

template <>
struct Layout<MultifdPage> {
  static constexpr std::string_view name = "multifd-page";
  static constexpr Role role = Role::part;
  template <class Io>
  static constexpr void walk(Io& io, auto& b) {
    io.derived_name("block", b.block);
    io.be64("offset", b.page_offset, hex);
    io.flag("zero", b.zero);
  }
};

template <>
struct Layout<MultifdDeviceState> {
  static constexpr std::string_view name = "multifd-device-state";
  static constexpr Role role = Role::header;
  static constexpr std::array<std::string_view, 2> first{"idstr", "instance_id"};
  template <class Io>
  static constexpr void walk(Io& io, auto& b) {
    io.constant32(wire::multifd_magic);
    io.constant32(wire::multifd_version);
    io.be32("flags", b.flags, hex);
    io.padded("idstr", b.idstr, multifd_name_field);
    io.be32("instance_id", b.instance_id);
    io.be32("size", b.payload_size);
  }
};

}  // namespace mig
