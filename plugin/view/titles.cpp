// SPDX-License-Identifier: GPL-2.0-or-later
// What each unit is called in the tree and in the Info column.
#include <array>
#include <concepts>

#include "mig/fields.hpp"
#include "mig/history/qemu_names.hpp"
#include "mig/wire.hpp"
#include "plugin/view/words.hpp"

namespace mig::plugin {
namespace {

/// "128 MiB", "13499 bytes": in the largest unit that it is a whole number of.
Line size_words(std::uint64_t bytes) noexcept {
  constexpr std::array<const char*, 4> units = {"bytes", "KiB", "MiB", "GiB"};
  std::size_t unit = 0;
  for (; unit + 1 < units.size() && bytes != 0 && bytes % 1024 == 0; ++unit) bytes /= 1024;
  return format("%llu %s", wide(bytes), bytes == 1 && unit == 0 ? "byte" : units[unit]);
}

/// Pages are shown in runs, payload by its owner: no unit has these names.
template <class T>
concept NeverAUnit = std::same_as<T, PageRecord> || std::same_as<T, MultifdPage> ||
    std::same_as<T, Payload> || std::same_as<T, Confirmed>;

/// One overload per unit.
struct Titler {
  const StreamTables& tables;
  const Event& event;

  Line block(BlockId id) const { return block_words(tables, id); }
  Line name(NameId id) const { return printable(tables.name(id)); }

  template <NeverAUnit T>
  Line operator()(const T&) const {
    return printable(unit_name(event.body));
  }
  Line operator()(const FileHeader& b) const {
    return format("QEMU migration stream, version %u", b.version);
  }
  Line operator()(const Configuration& b) const { return format("Machine %s", name(b.machine).c_str()); }
  Line operator()(const SectionHeader& b) const {
    const auto idstr = name(b.idstr);
    if (b.type == SectionType::full && b.instance_id != 0)
      return format("Device %s, instance %u", idstr.c_str(), b.instance_id);
    if (b.type == SectionType::full) return format("Device %s", idstr.c_str());
    const char* what = b.type == SectionType::start ? "start" : b.type == SectionType::part ? "part" : "end";
    return format("Section %s %s", idstr.c_str(), what);
  }
  Line operator()(const SectionFooter& b) const {
    return format("Footer of section %u", static_cast<std::uint32_t>(b.section));
  }
  Line operator()(const EndOfStream&) const { return line_of("End of stream"); }
  Line operator()(const VmDescription& b) const { return format("VM description, %u bytes", b.length); }
  Line operator()(const Command& b) const { return printable(qemu_name(b.type)); }
  Line operator()(const Ping& b) const {
    return format("PING 0x%x%s", b.value, b.value == wire::ping_package_loaded ? " (package loaded?)" : "");
  }
  Line operator()(const PostcopyAdvise&) const { return line_of("POSTCOPY_ADVISE"); }
  Line operator()(const RamDiscard& b) const {
    return format("POSTCOPY_RAM_DISCARD %s", block(b.block).c_str());
  }
  Line operator()(const PackageBegin& b) const { return format("PACKAGED %u bytes", b.length); }
  Line operator()(const PackageEnd& b) const { return format("End of the package of %u bytes", b.length); }
  Line operator()(const RecvBitmapRequest& b) const {
    return format("RECV_BITMAP %s?", block(b.block).c_str());
  }
  Line operator()(const Capabilities& b) const { return format("Capabilities: %u", b.count); }
  Line operator()(const Capability& b) const { return format("Capability %s", name(b.name).c_str()); }
  Line operator()(const TargetPageBits& b) const { return format("Target page of 2^%u bytes", b.bits); }
  Line operator()(const MachineUuid&) const { return line_of("Machine UUID"); }
  Line operator()(const DiscardRange& b) const {
    const auto size = size_words(b.length);
    return format("Discard 0x%llx-0x%llx, %s", wide(b.start), wide(b.start + b.length - 1), size.c_str());
  }
  Line operator()(const RamBlockList& b) const {
    return format("RAM blocks of %s", size_words(b.total).c_str());
  }
  Line operator()(const RamBlockEntry& b) const {
    return format("RAM block %s, %s", block(b.block).c_str(), size_words(b.used_length).c_str());
  }
  Line operator()(const RamBlockPageSize& b) const {
    return format("Pages of %s, in RAM block %s", size_words(b.page_size).c_str(), block(b.block).c_str());
  }
  Line operator()(const RamBlockAddress& b) const {
    return format("RAM block %s at 0x%llx", block(b.block).c_str(), wide(b.address));
  }
  Line operator()(const MappedRamHeader& b) const {
    return format("Mapped-ram header of RAM block %s", block(b.block).c_str());
  }
  Line operator()(const RamHook& b) const { return format("RDMA hook 0x%llx", wide(b.flags)); }
  Line operator()(const DirtyBitmapChunk& b) const { return bitmap_chunk(b); }
  Line operator()(const DirtyBitmapName& b) const {
    return format("Dirty bitmap %s", name(b.bitmap).c_str());
  }
  Line operator()(const DirtyBitmapStart& b) const {
    return format("Granularity of %s, %s%s", size_words(b.granularity).c_str(),
                  (b.flags & 1) != 0 ? "enabled" : "disabled", (b.flags & 2) != 0 ? ", persistent" : "");
  }
  Line operator()(const DirtyBitmapBits& b) const {
    return format("Bits of %u sectors from %llu%s", b.sectors, wide(b.start_sector),
                  b.payload_size == 0 ? ", all zero" : "");
  }
  Line operator()(const BlockChunk& b) const {
    if (b.device != no_name)
      return format("Block chunk of %s at sector %llu%s", name(b.device).c_str(), wide(b.sector),
                    b.payload_size == 0 ? ", zero" : "");
    if ((b.flags & 4) != 0) return format("Block migration at %llu %%", wide(b.sector));
    return line_of("End of block chunks");
  }
  Line operator()(const VfioRecord& b) const { return vfio(b); }
  Line operator()(const HtabHeader& b) const {
    if (b.value == 0) return line_of("Hash table records");
    if (b.value == 0xffffffff) return line_of("No hash table");
    return format("Hash table of 2^%u bytes", b.value);
  }
  Line operator()(const HtabRecord& b) const {
    if (b.index == 0 && b.valid == 0 && b.invalid == 0) return line_of("End of hash table records");
    return format("Hash table entries from %u: %u valid, %u invalid", b.index, b.valid, b.invalid);
  }
  Line operator()(const S390Record& b) const { return s390(b); }
  Line operator()(const RecvBitmapEnd&) const { return line_of("End of the bitmap"); }
  Line operator()(const RamEos&) const { return line_of("End of RAM records"); }
  Line operator()(const MultifdFlush&) const { return line_of("Multifd flush"); }
  Line operator()(const Shut& b) const {
    if (b.value == 0) return line_of("SHUT: the destination is done");
    return format("SHUT 0x%x: the destination reported an error", b.value);
  }
  Line operator()(const Pong& b) const { return format("PONG 0x%x", b.value); }
  Line operator()(const PageRequest& b) const {
    return format("REQ_PAGES %s 0x%llx", block(b.block).c_str(), wide(b.start));
  }
  Line operator()(const RecvBitmap& b) const {
    return format("RECV_BITMAP %s, %llu bytes", block(b.block).c_str(), wide(b.size));
  }
  Line operator()(const ResumeAck& b) const { return format("RESUME_ACK %u", b.value); }
  Line operator()(const SwitchoverAck&) const { return line_of("SWITCHOVER_ACK"); }
  Line operator()(const UnknownMessage& b) const {
    return format("Unknown message 0x%x, %u bytes", b.type, b.length);
  }
  Line operator()(const MultifdInit& b) const { return format("Multifd channel %u", b.channel); }
  Line operator()(const MultifdPacket& b) const {
    if (b.normal_pages + b.zero_pages == 0) return format("Multifd sync packet %llu", wide(b.packet_num));
    const auto line = format("Multifd packet %llu %s, %u pages", wide(b.packet_num), block(b.block).c_str(),
                             b.normal_pages + b.zero_pages);
    return b.zero_pages == 0 ? line : format("%s, %u zero", line.c_str(), b.zero_pages);
  }
  Line operator()(const MultifdDeviceState& b) const {
    return format("Multifd state of %s, %u bytes", name(b.idstr).c_str(), b.payload_size);
  }
  Line operator()(const Unparsed& b) const {
    if (b.cause == ParseErrc::lost_bytes) return line_of("[place in the stream lost]");
    if (b.cause == ParseErrc::start_unseen) return line_of("[start not captured, no place found yet]");
    const auto text = explain(b.cause);
    return format("[%.*s]", static_cast<int>(text.size()), text.data());
  }
  Line operator()(const Resynchronised& b) const {
    return format("[place found by %s, a guess from here]", printable(to_string(b.anchor)).c_str());
  }
  Line operator()(const Missing&) const { return format("[gap of %llu bytes]", wide(event.range.size())); }

 private:
  /// migration/block-dirty-bitmap.c DIRTY_BITMAP_MIG_FLAG_*, those that say what the chunk is there for.
  Line bitmap_chunk(const DirtyBitmapChunk& b) const {
    const char* what = (b.flags & 0x10) != 0   ? "START"
                       : (b.flags & 0x20) != 0 ? "COMPLETE"
                       : (b.flags & 0x40) != 0 ? "BITS"
                                               : "";
    if (*what == 0) return line_of((b.flags & 1) != 0 ? "End of dirty bitmap chunks" : "Dirty bitmap chunk");
    if (b.node == no_name) return format("Dirty bitmap chunk %s", what);
    return format("Dirty bitmap chunk %s, of node %s", what, name(b.node).c_str());
  }
  /// hw/vfio/migration.c VFIO_MIG_FLAG_*, by the last byte.
  static Line vfio(const VfioRecord& b) {
    constexpr std::array<const char*, 6> names = {
        "", "END_OF_STATE", "DEV_CONFIG_STATE", "DEV_SETUP_STATE", "DEV_DATA_STATE", "DEV_INIT_DATA_SENT"};
    const auto tag = b.tag & 0xff;
    const char* what = tag < names.size() ? names[tag] : "";
    if (b.payload_size == 0) return format("VFIO %s", what);
    return format("VFIO %s, %s", what, size_words(b.payload_size).c_str());
  }
  /// hw/s390x/s390-stattrib.c STATTR_FLAG_*, s390-skeys.c S390_SKEYS_SAVE_FLAG_*: they agree.
  static Line s390(const S390Record& b) {
    switch (b.flags) {
      case 1: return line_of("End of storage attributes or keys");
      case 4: return line_of("Storage attributes or keys: an error of the source");
      case 8: return line_of("Storage attributes: all were sent");
      default: break;
    }
    return format("Storage attributes or keys of %llu pages from 0x%llx", wide(b.payload_size),
                  wide(b.address));
  }
};

}  // namespace

Line title_of(const Event& event, const StreamTables& tables) noexcept {
  return std::visit(Titler{tables, event}, event.body);
}

}  // namespace mig::plugin
