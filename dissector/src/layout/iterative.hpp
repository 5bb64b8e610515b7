// SPDX-License-Identifier: GPL-2.0-or-later
// Sections other than "ram" that are sent piece by piece. The sources are named in mig/events/iterative.hpp.
#pragma once
#include <array>

#include "layout/io.hpp"

namespace mig {
namespace wire {

// migration/block-dirty-bitmap.c DIRTY_BITMAP_MIG_FLAG_*
inline constexpr std::uint32_t bitmap_eos = 0x01;
inline constexpr std::uint32_t bitmap_zeroes = 0x02;
inline constexpr std::uint32_t bitmap_name = 0x04;
inline constexpr std::uint32_t bitmap_device = 0x08;
inline constexpr std::uint32_t bitmap_start = 0x10;
inline constexpr std::uint32_t bitmap_bits = 0x40;

// migration/block.c (up to QEMU 9.0) BLK_MIG_FLAG_*, the low 9 bits
inline constexpr std::uint64_t block_device = 0x01;
inline constexpr std::uint64_t block_eos = 0x02;
inline constexpr std::uint64_t block_progress = 0x04;
inline constexpr std::uint64_t block_zero = 0x08;
inline constexpr std::uint32_t block_chunk_size = 1U << 20;  // BLK_MIG_BLOCK_SIZE

// hw/vfio/migration.c VFIO_MIG_FLAG_*
inline constexpr std::uint64_t vfio_end_of_state = 0xffffffffef100001;
inline constexpr std::uint64_t vfio_setup_state = 0xffffffffef100003;
inline constexpr std::uint64_t vfio_data_state = 0xffffffffef100004;
inline constexpr std::uint64_t vfio_init_data_sent = 0xffffffffef100005;

// hw/s390x/s390-stattrib.c and s390-skeys.c: the low 12 bits of the address word
inline constexpr std::uint64_t s390_eos = 0x01;
inline constexpr std::uint64_t s390_more = 0x02;
inline constexpr std::uint64_t s390_error = 0x04;
inline constexpr std::uint64_t s390_done = 0x08;

}  // namespace wire

template <>
struct Layout<DirtyBitmapChunk> {
  static constexpr std::string_view name = "dirty-bitmap";
  static constexpr Role role = Role::header;
  template <class Io>
  static constexpr void walk(Io& io, auto& b) {
    io.growing("flags", b.flags, hex);
    if ((b.flags & wire::bitmap_device) != 0) io.cstr("node", b.node);
  }
};
template <>
struct Layout<DirtyBitmapName> {
  static constexpr std::string_view name = "bitmap-name";
  static constexpr Role role = Role::part;
  template <class Io>
  static constexpr void walk(Io& io, auto& b) {
    io.cstr("bitmap", b.bitmap);
  }
};
template <>
struct Layout<DirtyBitmapStart> {
  static constexpr std::string_view name = "bitmap-start";
  static constexpr Role role = Role::part;
  template <class Io>
  static constexpr void walk(Io& io, auto& b) {
    io.be32("granularity", b.granularity);
    io.u8("flags", b.flags, hex);
  }
};
template <>
struct Layout<DirtyBitmapBits> {
  static constexpr std::string_view name = "bitmap-bits";
  static constexpr Role role = Role::part;
  template <class Io>
  static constexpr void walk(Io& io, auto& b) {
    io.be64("start_sector", b.start_sector);
    io.be32("sectors", b.sectors);
    b.zeroes ? io.derived("size", b.payload_size) : io.be64("size", b.payload_size);
  }
};

template <>
struct Layout<BlockChunk> {
  static constexpr std::string_view name = "block-chunk";
  static constexpr Role role = Role::header;
  static constexpr std::array<std::string_view, 1> first{"device"};
  template <class Io>
  static constexpr void walk(Io& io, auto& b) {
    io.packed("sector", b.sector, b.flags, Split{9, true}, decimal);
    if ((b.flags & wire::block_device) != 0) io.cstr("device", b.device);
    io.derived("flags", b.flags, hex);
    io.derived("size", b.payload_size);
  }
};

template <>
struct Layout<VfioRecord> {
  static constexpr std::string_view name = "vfio-record";
  static constexpr Role role = Role::header;
  template <class Io>
  static constexpr void walk(Io& io, auto& b) {
    io.be64("tag", b.tag, hex);
    b.tag == wire::vfio_data_state ? io.be64("size", b.payload_size) : io.derived("size", b.payload_size);
  }
};

template <>
struct Layout<HtabHeader> {
  static constexpr std::string_view name = "htab-header";
  static constexpr Role role = Role::header;
  template <class Io>
  static constexpr void walk(Io& io, auto& b) {
    io.be32("value", b.value, hex);
  }
};
template <>
struct Layout<HtabRecord> {
  static constexpr std::string_view name = "htab-record";
  static constexpr Role role = Role::header;
  template <class Io>
  static constexpr void walk(Io& io, auto& b) {
    io.be32("index", b.index);
    io.be16("valid", b.valid);
    io.be16("invalid", b.invalid);
  }
};

template <>
struct Layout<S390Record> {
  static constexpr std::string_view name = "s390-record";
  static constexpr Role role = Role::header;
  template <class Io>
  static constexpr void walk(Io& io, auto& b) {
    io.packed("address", b.address, b.flags, Split{12, false}, hex);
    io.derived("flags", b.flags, hex);
    b.flags == wire::s390_more ? io.be64("size", b.payload_size) : io.derived("size", b.payload_size);
  }
};

}  // namespace mig
