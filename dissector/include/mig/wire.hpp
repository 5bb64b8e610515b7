// SPDX-License-Identifier: GPL-2.0-or-later
// Every constant of the wire format, with QEMU's own name beside it. All integers on the wire are big-endian.
#pragma once
#include <array>
#include <cstdint>

namespace mig::wire {

// migration/savevm.h, migration/qemu-file-types.h
inline constexpr std::uint32_t file_magic = 0x5145564d;  // QEMU_VM_FILE_MAGIC, "QEVM"
inline constexpr std::uint32_t file_version_compat = 2;  // QEMU_VM_FILE_VERSION_COMPAT
inline constexpr std::uint32_t file_version = 3;         // QEMU_VM_FILE_VERSION

// migration/savevm.h: the byte that starts each element of the main channel
inline constexpr std::uint8_t vm_eof = 0x00;             // QEMU_VM_EOF
inline constexpr std::uint8_t vm_section_start = 0x01;   // QEMU_VM_SECTION_START
inline constexpr std::uint8_t vm_section_part = 0x02;    // QEMU_VM_SECTION_PART
inline constexpr std::uint8_t vm_section_end = 0x03;     // QEMU_VM_SECTION_END
inline constexpr std::uint8_t vm_section_full = 0x04;    // QEMU_VM_SECTION_FULL
inline constexpr std::uint8_t vm_subsection = 0x05;      // QEMU_VM_SUBSECTION
inline constexpr std::uint8_t vm_description = 0x06;     // QEMU_VM_VMDESCRIPTION
inline constexpr std::uint8_t vm_configuration = 0x07;   // QEMU_VM_CONFIGURATION
inline constexpr std::uint8_t vm_command = 0x08;         // QEMU_VM_COMMAND
inline constexpr std::uint8_t vm_section_footer = 0x7e;  // QEMU_VM_SECTION_FOOTER

// migration/ram.c: RAM_SAVE_FLAG_*, the low bits of a RAM record's be64
inline constexpr std::uint64_t ram_full = 0x001;
inline constexpr std::uint64_t ram_zero = 0x002;  // RAM_SAVE_FLAG_ZERO (formerly COMPRESS)
inline constexpr std::uint64_t ram_mem_size = 0x004;
inline constexpr std::uint64_t ram_page = 0x008;
inline constexpr std::uint64_t ram_eos = 0x010;
inline constexpr std::uint64_t ram_continue = 0x020;
inline constexpr std::uint64_t ram_xbzrle = 0x040;
inline constexpr std::uint64_t ram_hook = 0x080;
inline constexpr std::uint64_t ram_compress_page = 0x100;
inline constexpr std::uint64_t ram_multifd_flush = 0x200;
inline constexpr std::uint64_t ram_all_flags = 0x3ff;
inline constexpr std::uint64_t ram_any_page = ram_zero | ram_page | ram_xbzrle | ram_compress_page;  // ours

inline constexpr std::uint8_t xbzrle_encoded = 0x01;  // ENCODING_FLAG_XBZRLE

// migration/multifd.h
inline constexpr std::uint32_t multifd_magic = 0x11223344;
inline constexpr std::uint32_t multifd_version = 1;
inline constexpr std::uint32_t multifd_init_size = 64;
inline constexpr std::uint32_t multifd_header_size = 320;         // MultiFDPacket_t up to the offsets
inline constexpr std::uint32_t multifd_device_header_size = 276;  // MultiFDPacketDeviceState_t
inline constexpr std::uint32_t multifd_packet_size = 512 * 1024;  // MULTIFD_PACKET_SIZE
inline constexpr std::uint32_t multifd_name_size = 256;           // ramblock, idstr: NUL padded
inline constexpr std::uint32_t multifd_max_pages = 2048;          // a packet of the smallest pages
inline constexpr std::uint32_t multifd_flag_sync = 0x01;
inline constexpr std::uint32_t multifd_compression_mask = 0x3e;
inline constexpr std::uint32_t multifd_flag_device_state = 0x40;

// migration/ram.c ram_save_host_page / RECV_BITMAP: mark behind the bulk data
inline constexpr std::uint64_t recv_bitmap_end = 0x0123456789abcdef;  // RAMBLOCK_RECV_BITMAP_ENDING

// The PING whose PONG lets the source leave postcopy-device (10.2+): QEMU_VM_PING_PACKAGED_LOADED
inline constexpr std::uint32_t ping_package_loaded = 0x42;

// migration/migration.c source_return_path_thread(): a source closes the return path over a longer message
inline constexpr std::uint16_t rp_max_length = 512;

inline constexpr std::uint16_t tls_handshake = 0x1603;  // content type 22, major version 3

// Sanity bounds of ours; each is far above anything QEMU sends.
inline constexpr std::uint32_t max_machine_name = 255;
inline constexpr std::uint32_t max_vm_description = 64u << 20;
inline constexpr std::uint32_t max_section_id = 0xffff;
inline constexpr std::uint16_t max_message_type =
    0xff;  // QEMU 11.1 has 7: beyond this it is damage, and no new message
inline constexpr std::uint32_t max_discard_ranges = 12;  // MAX_DISCARDS_PER_COMMAND

}  // namespace mig::wire
