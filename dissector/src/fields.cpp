// SPDX-License-Identifier: GPL-2.0-or-later
#include "mig/fields.hpp"

#include <algorithm>

#include "mig/stream_tables.hpp"

namespace mig {
namespace {

/// Writes the fields of one event. Offsets are those of the layouts in events.hpp.
class FieldWriter {
 public:
  FieldWriter(const StreamTables& tables, FieldList& out) : tables_(tables), out_(out) {}

  // Main channel.
  void operator()(const FileHeader& b) { number("version", b.version, 4, 4); }
  void operator()(const Configuration& b) { name("machine", b.machine, 5); }
  void operator()(const TargetPageBits& b) { number("bits", b.bits, 1 + 1 + 30 + 4, 4); }
  void operator()(const Capabilities& b) { number("count", b.count, 1 + 1 + 26 + 4, 4); }
  void operator()(const Capability& b) { name("name", b.name, 1); }
  void operator()(const MachineUuid& b) { bytes("uuid", b.uuid, 1 + 1 + 18 + 4); }
  void operator()(const SectionHeader& b) {
    out_.add(
        {"type", FieldStyle::text, static_cast<std::uint64_t>(b.type), to_string(b.type), span(0, 1), false});
    number("section_id", id(b.section), 1, 4);
    const bool named = b.type == SectionType::start || b.type == SectionType::full;
    if (!named) {
      text("idstr", tables_.name(b.idstr), 0, 0);
      return flag("assumed", b.assumed);
    }
    const auto n = name("idstr", b.idstr, 6);
    number("instance_id", b.instance_id, 6 + n, 4);
    number("version_id", b.version_id, 10 + n, 4);
    in_package(b.in_package);
  }
  void operator()(const SectionFooter& b) {
    number("section_id", id(b.section), 1, 4);
    if (b.section != b.expected) number("expected", id(b.expected), 0, 0);
  }
  void operator()(const EndOfStream&) {}
  void operator()(const VmDescription& b) { number("length", b.length, 1, 4); }
  void operator()(const Command& b) {
    command(static_cast<std::uint16_t>(b.type), 0), in_package(b.in_package);
  }
  void operator()(const Ping& b) {
    command(static_cast<std::uint16_t>(CommandType::ping), 4);
    hex("value", b.value, 5, 4);
    in_package(b.in_package);
  }
  void operator()(const PostcopyAdvise& b) {
    command(static_cast<std::uint16_t>(CommandType::postcopy_advise), b.length);
    if (b.length == 0) return;
    hex("page_size_summary", b.page_size_summary, 5, 8);
    hex("target_page_size", b.target_page_size, 13, 8);
  }
  void operator()(const RamDiscard& b) {
    command(static_cast<std::uint16_t>(CommandType::postcopy_ram_discard), b.length);
    block(b.block, 7);
    number("ranges", b.ranges, 0, 0);
  }
  void operator()(const DiscardRange& b) {
    hex("start", b.start, 0, 8);
    hex("length", b.length, 8, 8);
  }
  void operator()(const PackageBegin& b) {
    framing("type", static_cast<std::uint16_t>(CommandType::packaged), 1, 2);
    number("length", b.length, 5, 4);
  }
  void operator()(const PackageEnd& b) { number("length", b.length, 0, 0); }
  void operator()(const RecvBitmapRequest& b) {
    const auto n = tables_.block_name(b.block).size();
    command(static_cast<std::uint16_t>(CommandType::recv_bitmap), static_cast<std::uint16_t>(1 + n));
    block(b.block, 6);
  }

  // RAM.
  void operator()(const RamBlockList& b) { hex("total", b.total, 0, 8); }
  void operator()(const RamBlockEntry& b) {
    const auto n = block(b.block, 1);
    hex("used_length", b.used_length, 1 + n, 8);
  }
  void operator()(const RamBlockPageSize& b) { block_and("page_size", b.block, b.page_size); }
  void operator()(const RamBlockAddress& b) { block_and("address", b.block, b.address); }
  void operator()(const MappedRamHeader& b) {
    block(b.block, 0, false);
    number("version", b.version, 0, 4);
    hex("bitmap_offset", b.bitmap_offset, 12, 8);
    hex("pages_offset", b.pages_offset, 20, 8);
  }
  void operator()(const PageRecord& b) {
    const auto n = block(b.block, 9, b.names_block);
    hex("offset", b.page_offset, 0, 8);
    if (b.encoding == PageEncoding::zero) {
      if (b.fill != 0) hex("fill", b.fill, b.names_block ? 9 + n : 8, 1);
    } else {
      if (b.encoding != PageEncoding::plain) text("encoding", to_string(b.encoding), 0, 0);
      number("size", b.payload_size, 0, 0);
    }
    flag("continue", !b.names_block);
  }
  void operator()(const RamEos&) {}
  void operator()(const MultifdFlush&) {}
  void operator()(const RamHook& b) { hex("flags", b.flags, 0, 8); }

  // Other iterative sections.
  void operator()(const DirtyBitmapChunk& b) {
    hex("flags", b.flags, 0, b.flags > 0xffff ? 4 : b.flags > 0xff ? 2 : 1);
    if (b.node != no_name) text("node", tables_.name(b.node), 0, 0);
  }
  void operator()(const DirtyBitmapName& b) { name("bitmap", b.bitmap, 1); }
  void operator()(const DirtyBitmapStart& b) {
    number("granularity", b.granularity, 0, 4);
    hex("flags", b.flags, 4, 1);
  }
  void operator()(const DirtyBitmapBits& b) {
    number("start_sector", b.start_sector, 0, 8);
    number("sectors", b.sectors, 8, 4);
    number("size", b.payload_size, 12, b.payload_size != 0 ? 8 : 0);
  }
  void operator()(const BlockChunk& b) {
    if (b.device != no_name) name("device", b.device, 9);
    number("sector", b.sector, 0, 8);
    hex("flags", b.flags, 0, 0);
    number("size", b.payload_size, 0, 0);
  }
  void operator()(const VfioRecord& b) {
    hex("tag", b.tag, 0, 8);
    number("size", b.payload_size, 8, b.payload_size != 0 ? 8 : 0);
  }
  void operator()(const HtabHeader& b) { hex("value", b.value, 0, 4); }
  void operator()(const HtabRecord& b) {
    number("index", b.index, 0, 4);
    number("valid", b.valid, 4, 2);
    number("invalid", b.invalid, 6, 2);
  }
  void operator()(const S390Record& b) {
    hex("address", b.address, 0, 8);
    hex("flags", b.flags, 0, 0);
    number("size", b.payload_size, 8, b.payload_size != 0 ? 8 : 0);
  }

  // Return path.
  void operator()(const Shut& b) { message(1, 4), hex("value", b.value, 4, 4); }
  void operator()(const Pong& b) { message(2, 4), hex("value", b.value, 4, 4); }
  void operator()(const PageRequest& b) {
    const auto n = tables_.block_name(b.block).size();
    message(b.names_block ? 3 : 4, b.names_block ? 13 + n : 12);
    block(b.block, 17, b.names_block);
    hex("offset", b.start, 4, 8);
    hex("size", b.length, 12, 4);
    flag("named", b.names_block);
  }
  void operator()(const RecvBitmap& b) {
    message(5, 1 + tables_.block_name(b.block).size());
    const auto n = block(b.block, 5);
    number("size", b.size, 5 + n, 8);
  }
  void operator()(const RecvBitmapEnd&) {}
  void operator()(const ResumeAck& b) { message(6, 4), hex("value", b.value, 4, 4); }
  void operator()(const SwitchoverAck&) { message(7, 0); }

  // Multifd.
  void operator()(const MultifdInit& b) {
    number("version", b.version, 4, 4);
    number("channel_id", b.channel, 24, 1);
    bytes("uuid", b.uuid, 8);
  }
  void operator()(const MultifdPacket& b) {
    number("packet_num", b.packet_num, 24, 8);
    hex("flags", b.flags, 8, 4);
    if (b.block != no_block) block(b.block, 64);
    number("normal_pages", b.normal_pages, 16, 4);
    number("zero_pages", b.zero_pages, 32, 4);
    number("size", b.payload_size, 20, 4);
  }
  void operator()(const MultifdPage& b) {
    block(b.block, 0, false);
    hex("offset", b.page_offset, 0, 8);
    flag("zero", b.zero);
  }
  void operator()(const MultifdDeviceState& b) {
    name("idstr", b.idstr, 12);
    number("instance_id", b.instance_id, 268, 4);
    hex("flags", b.flags, 8, 4);
    number("size", b.payload_size, 272, 4);
  }

  // Bytes without a header.
  void operator()(const Payload& b) {
    text("kind", to_string(b.kind), 0, 0);
    hex("at", b.offset, 0, 0);
  }
  void operator()(const Unparsed& b) { text("cause", to_string(b.cause), 0, 0); }
  void operator()(const Missing&) {}
  void operator()(const Resynchronised& b) {
    text("anchor", to_string(b.anchor), 0, 0);
    number("lost", b.lost, 0, 0);
  }
  void operator()(const Confirmed&) {}

 private:
  static std::uint64_t id(SectionId section) { return static_cast<std::uint32_t>(section); }
  static WireSpan span(std::size_t offset, std::size_t size) {
    return {static_cast<std::uint16_t>(offset), static_cast<std::uint16_t>(size)};
  }
  void number(std::string_view n, std::uint64_t v, std::size_t offset, std::size_t size) {
    out_.add({n, FieldStyle::decimal, v, {}, span(offset, size), false});
  }
  void hex(std::string_view n, std::uint64_t v, std::size_t offset, std::size_t size) {
    out_.add({n, FieldStyle::hex, v, {}, span(offset, size), false});
  }
  void framing(std::string_view n, std::uint64_t v, std::size_t offset, std::size_t size) {
    out_.add({n, FieldStyle::decimal, v, {}, span(offset, size), true});
  }
  void text(std::string_view n, std::string_view v, std::size_t offset, std::size_t size) {
    out_.add({n, FieldStyle::text, 0, v, span(offset, size), false});
  }
  template <class Array>
  void bytes(std::string_view n, const Array& v, std::size_t offset) {
    out_.add({n,
              FieldStyle::bytes,
              0,
              {reinterpret_cast<const char*>(v.data()), v.size()},
              span(offset, v.size()),
              false});
  }
  /// A flag is shown only where it is set.
  void flag(std::string_view n, bool v) {
    if (v) out_.add({n, FieldStyle::flag, 1, {}, {}, false});
  }
  void in_package(bool v) { flag("in_package", v); }
  std::size_t name(std::string_view n, NameId v, std::size_t offset) {
    const auto t = tables_.name(v);
    text(n, t, offset, t.size());
    return t.size();
  }
  std::size_t block(BlockId v, std::size_t offset, bool on_wire = true) {
    const auto t = tables_.block_name(v);
    text("block", t, on_wire ? offset : 0, on_wire ? t.size() : 0);
    return t.size();
  }
  void block_and(std::string_view n, BlockId b, std::uint64_t v) {
    block(b, 0, false);
    hex(n, v, 0, 8);
  }
  /// u8 0x08, be16 command, be16 length.
  void command(std::uint16_t type, std::uint16_t length) {
    framing("type", type, 1, 2);
    framing("length", length, 3, 2);
  }
  /// be16 type, be16 length.
  void message(std::uint16_t type, std::size_t length) {
    framing("type", type, 0, 2);
    framing("length", length, 2, 2);
  }

  const StreamTables& tables_;
  FieldList& out_;
};

}  // namespace

const Field* FieldList::find(std::string_view wanted) const noexcept {
  const auto* found = std::find_if(begin(), end(), [&](const Field& f) { return f.name == wanted; });
  return found != end() ? found : nullptr;
}

FieldList fields_of(const Event& event, const StreamTables& tables) {
  FieldList list;
  std::visit(FieldWriter(tables, list), event.body);
  return list;
}

}  // namespace mig
