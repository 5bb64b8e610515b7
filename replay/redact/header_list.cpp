// SPDX-License-Identifier: GPL-2.0-or-later
// Positions are those of the layouts in mig/events/.
#include "replay/redact/header_list.hpp"

#include <algorithm>
#include <bit>

#include "mig/wire.hpp"

namespace mig::replay {
namespace {

// No offset, size or count of a guest comes near these, and its text exceeds them, be it the whole number or
// the lower half of one.
constexpr std::uint64_t largest_offset = 1ULL << 44;
constexpr std::uint64_t smallest_page = 1024;
constexpr std::uint64_t largest_size = 1ULL << 28;
constexpr std::uint32_t largest_count = 1U << 24;
constexpr std::uint32_t largest_number = 1U << 16;
constexpr std::uint64_t vfio_tags = 0xffffffffef100000;  // hw/vfio/migration.c VFIO_MIG_FLAG_*

class Lister {
 public:
  Lister(Bytes raw, const StreamTables& tables, Trust trust)
      : raw_(raw), tables_(tables), certain_(trust == Trust::certain) {
    out.size = raw.size();
  }
  ListedHeader out;

  // Main channel.
  bool operator()(const FileHeader&) { return keep(0, 8); }
  bool operator()(const Configuration& b) { return keep(0, 5) && name(b.machine, 5); }
  bool operator()(const TargetPageBits&) { return keep(0, 32) && small(32) && small(36); }
  bool operator()(const Capabilities&) { return keep(0, 28) && small(28) && small(32); }
  bool operator()(const Capability& b) { return keep(0, 1) && name(b.name, 1); }
  bool operator()(const MachineUuid&) { return keep(0, 20) && small(20) && uuid(24); }
  bool operator()(const SectionHeader& b) {
    if (b.type != SectionType::start && b.type != SectionType::full) return keep(0, 1) && small(1);
    const auto n = tables_.name(b.idstr).size();
    return keep(0, 1) && small(1) && keep(5, 1) && name(b.idstr, 6) && own(6 + n) && own(10 + n);
  }
  bool operator()(const SectionFooter&) { return keep(0, 1) && small(1); }
  bool operator()(const EndOfStream&) { return keep(0, 1); }
  bool operator()(const VmDescription&) { return keep(0, 1) && count(1, wire::max_vm_description); }
  bool operator()(const Command&) { return keep(0, 5); }
  bool operator()(const Ping&) { return keep(0, 5) && small(5); }
  bool operator()(const PostcopyAdvise& b) {
    return keep(0, 5) && (b.length == 0 || (large(5) && large(13)));
  }
  bool operator()(const RamDiscard& b) { return keep(0, 7) && block(b.block, 7); }
  bool operator()(const DiscardRange&) { return large(0) && large(8); }
  bool operator()(const PackageBegin&) { return keep(0, 5) && count(5, largest_count * 16); }
  bool operator()(const RecvBitmapRequest& b) { return keep(0, 6) && block(b.block, 6); }

  // RAM.
  bool operator()(const RamBlockList&) { return record(0); }
  bool operator()(const RamBlockEntry& b) {
    return keep(0, 1) && block(b.block, 1) && large(1 + tables_.block_name(b.block).size());
  }
  bool operator()(const RamBlockPageSize&) { return large(0); }
  bool operator()(const RamBlockAddress&) { return large(0); }
  bool operator()(const MappedRamHeader&) { return small(0) && large(4) && size(12) && large(20); }
  bool operator()(const PageRecord& b) {
    if (!record(0)) return false;
    if (b.names_block && !(keep(8, 1) && block(b.block, 9))) return false;
    if (b.encoding == PageEncoding::zero || b.encoding == PageEncoding::plain) return true;  // no fill byte
    const std::size_t size = b.encoding == PageEncoding::xbzrle ? 3 : 4;
    return keep(raw_.size() - size, size);
  }
  bool operator()(const RamEos&) { return keep(0, 8); }
  bool operator()(const MultifdFlush&) { return keep(0, 8); }
  bool operator()(const RamHook&) { return keep(6, 2); }

  // Other sections that are sent piece by piece.
  bool operator()(const DirtyBitmapChunk& b) {
    const auto n = tables_.name(b.node).size();
    if (b.node == no_name) return keep(0, raw_.size());
    return n < raw_.size() && keep(0, raw_.size() - n) && name(b.node, raw_.size() - n);
  }
  bool operator()(const DirtyBitmapName& b) { return keep(0, 1) && name(b.bitmap, 1); }
  bool operator()(const DirtyBitmapStart&) { return count(0, largest_count) && keep(4, 1); }
  bool operator()(const DirtyBitmapBits& b) {
    return size(0) && count(8, largest_count) && (b.payload_size == 0 || size(12));
  }
  bool operator()(const BlockChunk& b) {
    return size(0) && (b.device == no_name || (keep(8, 1) && name(b.device, 9)));
  }
  bool operator()(const VfioRecord& b) {
    const bool tag = (b.tag & ~0xffULL) == vfio_tags ? keep(0, 8) : size(0);
    return tag && (b.payload_size == 0 || size(8));
  }
  bool operator()(const HtabHeader&) { return small(0); }
  bool operator()(const HtabRecord&) { return count(0, largest_count) && keep(4, 4); }
  bool operator()(const S390Record& b) { return size(0) && (b.payload_size == 0 || size(8)); }

  // Return path.
  bool operator()(const Shut&) { return keep(0, 4) && small(4); }
  bool operator()(const Pong&) { return keep(0, 4) && small(4); }
  bool operator()(const PageRequest& b) {
    return keep(0, 4) && large(4) && count(12, largest_count) &&
           (!b.names_block || (keep(16, 1) && block(b.block, 17)));
  }
  bool operator()(const RecvBitmap& b) {
    return keep(0, 5) && block(b.block, 5) && size(5 + tables_.block_name(b.block).size());
  }
  bool operator()(const RecvBitmapEnd&) { return keep(0, 8); }
  bool operator()(const ResumeAck&) { return keep(0, 4) && small(4); }
  bool operator()(const SwitchoverAck&) { return keep(0, 4); }

  // Multifd. What is not named here is not used, and holds what was in the sender's memory.
  bool operator()(const MultifdInit&) { return keep(0, 8) && uuid(8) && keep(24, 1); }
  bool operator()(const MultifdPacket& b) {
    return keep(0, 8) && small(8) && small(12) && small(16) && count(20, largest_count) && size(24) &&
           small(32) && block(b.block, 64);
  }
  bool operator()(const MultifdPage&) { return large(0); }
  bool operator()(const MultifdDeviceState& b) {
    return keep(0, 8) && small(8) && name(b.idstr, 12) && small(268) && count(272, largest_count * 16);
  }

  template <class NotListed>
  bool operator()(const NotListed&) {
    return false;
  }

 private:
  bool keep(std::size_t at, std::size_t size) {
    if (at + size > raw_.size()) return false;
    std::ranges::copy(raw_.subspan(at, size), out.bytes.begin() + static_cast<std::ptrdiff_t>(at));
    return true;
  }
  /// A be32 that is an id or a version; 0 where it cannot be.
  bool small(std::size_t at) { return count(at, largest_number); }
  /// A be32 of a section. A wrong one is what a bug report may be about, so one that is certain otherwise
  /// stays unless it has no zero byte, as text has none.
  bool own(std::size_t at) {
    if (at + 4 > raw_.size()) return false;
    const auto bytes = raw_.subspan(at, 4);
    const bool possible =
        std::ranges::find(bytes, std::byte{}) != bytes.end() || load_be32(bytes) == UINT32_MAX;
    return certain_ && possible ? keep(at, 4) : small(at);
  }
  bool doubt() {
    out.plausible = false;
    return true;
  }
  /// A be32 below `limit`, or a power of two; 0 where it is not.
  bool count(std::size_t at, std::uint32_t limit) {
    if (at + 4 > raw_.size()) return false;
    const auto value = load_be32(raw_, at);
    return value >= limit && !std::has_single_bit(value) ? doubt() : keep(at, 4);
  }
  /// A be64 that is one of pages; 0 where it cannot be.
  bool large(std::size_t at) {
    return below(at, at + 8 <= raw_.size() && load_be64(raw_, at) % smallest_page == 0 ? largest_offset : 0);
  }
  /// The same with flags in the bits below.
  bool record(std::size_t at) { return below(at, largest_offset); }
  /// A be64 that may be any number.
  bool size(std::size_t at) { return below(at, largest_size); }
  bool below(std::size_t at, std::uint64_t limit) {
    if (at + 8 > raw_.size()) return false;
    return load_be64(raw_, at) >= (certain_ ? largest_offset : limit) ? doubt() : keep(at, 8);
  }
  bool name(NameId id, std::size_t at) { return text(tables_.name(id).size(), at); }
  bool block(BlockId id, std::size_t at) { return text(tables_.block_name(id).size(), at); }
  bool text(std::size_t size, std::size_t at) {
    if (at + size > raw_.size()) return false;
    out.text = as_text(raw_.subspan(at, size));
    out.text_at = at;
    if (certain_ && is_plain_text(out.text)) return keep(at, size);
    constexpr std::string_view vfio = "/vfio";  // by it a section's kind is known
    const auto known = out.text.ends_with(vfio) ? vfio.size() : 0;
    std::fill_n(out.bytes.begin() + static_cast<std::ptrdiff_t>(at), size - known, std::byte{'x'});
    return keep(at + size - known, known);
  }
  bool uuid(std::size_t at) {
    constexpr std::size_t size = 16;
    if (at + size > raw_.size()) return false;
    out.text = as_text(raw_.subspan(at, size));
    out.text_at = at;
    return certain_ ? keep(at, size) : true;
  }

  Bytes raw_;
  const StreamTables& tables_;
  bool certain_;
};

}  // namespace

bool is_plain_text(std::string_view text) noexcept {
  return std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

std::optional<ListedHeader> listed_header(const Event& event, Bytes raw, const StreamTables& tables,
                                          Trust trust) {
  if (raw.empty() || raw.size() > ListedHeader::capacity) return std::nullopt;
  Lister lister(raw, tables, trust);
  if (!std::visit(lister, event.body)) return std::nullopt;
  return lister.out;
}

}  // namespace mig::replay
