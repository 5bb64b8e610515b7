// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include "common/text.hpp"
#include "mig/wire.hpp"
#include "replay/extract/extractor.hpp"
#include "replay/extract/xbzrle.hpp"

namespace mig::replay {
namespace {

/// The image of one RAM block as the stream leaves it: of each page what was sent last.
class RamExtractor final : public Extractor {
 public:
  RamExtractor(const ExtractRequest& wanted, OutputFile& file) : Extractor(wanted, file) {
    if (!file.seekable()) complain("a RAM block needs a file that can be sought in");
  }
  void finished(Time time) override;

 private:
  /// What the payload that comes on a connection belongs to.
  struct Open {
    std::optional<PageRecord> record;
    std::vector<std::byte> kept;       // of an encoded page
    std::vector<std::uint64_t> pages;  // of a multifd packet, in the order of their contents
    bool readable = true;              // the packet is not compressed
  };

  void take(const EventContext& context, const Event& event, Bytes raw) override;
  void record(Open& open, const PageRecord& r);
  void payload(Open& open, const Payload& p, Bytes raw);
  void encoded(Open& open, Bytes raw);
  void packet_data(const Open& open, const Payload& p, Bytes raw);
  void mapped(const Payload& p, Bytes raw);
  [[nodiscard]] bool is_wanted(BlockId block) const noexcept { return block_ && *block_ == block; }

  std::map<ConnectionId, Open> open_;
  std::optional<BlockId> block_;
  std::set<std::string> names_;
  std::uint64_t length_ = 0, unreadable_ = 0, missing_ = 0;
  std::uint32_t page_size_ = 4096;
  bool mapped_ = false;
  std::vector<std::byte> bitmap_;  // of the mapped-ram block
};

void RamExtractor::take(const EventContext& context, const Event& event, Bytes raw) {
  if (context.direction != Direction::forward || !out.seekable()) return;
  const auto& tables = context.migration->tables();
  page_size_ = tables.page_size;
  auto& open = open_[context.connection];
  if (const auto* p = std::get_if<Payload>(&event.body)) return payload(open, *p, raw);
  if (const auto* r = std::get_if<PageRecord>(&event.body)) return record(open, *r);
  if (const auto* page = std::get_if<MultifdPage>(&event.body)) {
    if (!page->zero) open.pages.push_back(is_wanted(page->block) ? page->page_offset : UINT64_MAX);
    if (page->zero && is_wanted(page->block))
      record(open, {page->block, 0, page->page_offset, 0, PageEncoding::zero});
  } else if (const auto* packet = std::get_if<MultifdPacket>(&event.body)) {
    open = {};
    open.readable = (packet->flags & wire::multifd_compression_mask) == 0;
    if (!open.readable && is_wanted(packet->block)) unreadable_ += packet->normal_pages;
  } else if (const auto* entry = std::get_if<RamBlockEntry>(&event.body)) {
    const std::string name(tables.block_name(entry->block));
    names_.insert(name);
    if (name != request.name) return;
    block_ = entry->block;
    length_ = entry->used_length;
    out.resize(length_);
  } else if (const auto* header = std::get_if<MappedRamHeader>(&event.body)) {
    mapped_ = is_wanted(header->block);
    bitmap_.clear();
  } else if (std::holds_alternative<Missing>(event.body)) {
    missing_ += event.range.size();
  }
}

void RamExtractor::record(Open& open, const PageRecord& r) {
  open.record.reset();
  open.kept.clear();
  if (!is_wanted(r.block)) return;
  if (r.page_offset >= length_) return complain("a page beyond the block's end: " + hex_text(r.page_offset));
  if (r.encoding != PageEncoding::zero) {
    open.record = r;
    return;
  }
  out.write_at(r.page_offset, std::vector<std::byte>(page_size_, static_cast<std::byte>(r.fill)));
}

void RamExtractor::payload(Open& open, const Payload& p, Bytes raw) {
  if (p.kind == PayloadKind::multifd_data) return packet_data(open, p, raw);
  if (p.kind == PayloadKind::mapped_ram_bitmap || p.kind == PayloadKind::mapped_ram_pages)
    return mapped(p, raw);
  if (p.kind != PayloadKind::page || !open.record) return;
  const auto& r = *open.record;
  if (r.encoding == PageEncoding::plain) return out.write_at(r.page_offset + p.offset, raw);
  encoded(open, raw);
}

void RamExtractor::encoded(Open& open, Bytes raw) {
  const auto& r = *open.record;
  open.kept.insert(open.kept.end(), raw.begin(), raw.end());
  if (open.kept.size() < r.payload_size) return;
  std::vector<std::byte> page(page_size_);
  out.read_at(r.page_offset, page);
  if (r.encoding == PageEncoding::xbzrle && apply_xbzrle(page, open.kept))
    return out.write_at(r.page_offset, page);
  ++unreadable_;
}

/// Contents of the packet's pages, back to back.
void RamExtractor::packet_data(const Open& open, const Payload& p, Bytes raw) {
  auto at = p.offset;
  while (open.readable && !raw.empty() && at / page_size_ < open.pages.size()) {
    const auto in_page = at % page_size_;
    const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(raw.size(), page_size_ - in_page));
    const auto page = open.pages[static_cast<std::size_t>(at / page_size_)];
    if (page < length_) out.write_at(page + in_page, raw.first(n));
    raw = raw.subspan(n);
    at += n;
  }
}

/// The pages of a mapped-ram file lie at their place; those whose bit is not set are zero, whatever the file
/// still has there. The bitmap is in the byte order of the source's host, which all but a few share.
void RamExtractor::mapped(const Payload& p, Bytes raw) {
  if (!mapped_) return;
  if (p.kind == PayloadKind::mapped_ram_bitmap) {
    const auto room =
        length_ / page_size_ / 8 + 8 - std::min<std::uint64_t>(bitmap_.size(), length_ / page_size_ / 8 + 8);
    const auto more = raw.first(static_cast<std::size_t>(std::min<std::uint64_t>(raw.size(), room)));
    bitmap_.insert(bitmap_.end(), more.begin(), more.end());
    return;
  }
  for (auto at = p.offset; !raw.empty() && at < length_;) {
    const auto n = static_cast<std::size_t>(
        std::min({static_cast<std::uint64_t>(raw.size()), page_size_ - at % page_size_, length_ - at}));
    const auto page = at / page_size_;
    const auto byte = static_cast<std::size_t>(page / 8);
    const bool present =
        byte < bitmap_.size() && (std::to_integer<unsigned>(bitmap_[byte]) >> page % 8 & 1U) != 0;
    if (present) out.write_at(at, raw.first(n));
    raw = raw.subspan(n);
    at += n;
  }
}

void RamExtractor::finished(Time time) {
  Extractor::finished(time);
  std::string others;
  for (const auto& name : names_) others += (others.empty() ? "; there are " : ", ") + printable(name);
  if (!block_) return complain("no RAM block \"" + printable(request.name) + "\"" + others);
  out.resize(length_);
  if (unreadable_ != 0) complain(std::to_string(unreadable_) + " pages are compressed: they were left out");
  if (missing_ != 0) complain("the capture lacks " + std::to_string(missing_) + " bytes of the migration");
}

}  // namespace

std::unique_ptr<Extractor> make_ram_extractor(const ExtractRequest& request, OutputFile& out) {
  return std::make_unique<RamExtractor>(request, out);
}

}  // namespace mig::replay
