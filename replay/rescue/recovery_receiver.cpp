// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/rescue/recovery_receiver.hpp"

#include "common/text.hpp"
#include "mig/describe.hpp"
#include "mig/encode.hpp"
#include "replay/rescue/append.hpp"

namespace mig::replay {
RecoveryReceiver::RecoveryReceiver(StreamTables& tables)
    : tables_(tables), parser_(tables, ForwardStart::element) {
  blocks_ = static_cast<std::uint32_t>(tables.blocks().size());
  for (std::uint32_t i = 0; i < blocks_; ++i) total_pages_ += pages_of(BlockId{i});
}

/// A block that the source names only in the recovery is not one of the migration that was lost.
std::uint64_t RecoveryReceiver::pages_of(BlockId block) const noexcept {
  if (!announced(block)) return 0;
  return tables_.block(block)->used_length / tables_.page_size;
}

void RecoveryReceiver::complain(const std::string& what) {
  if (problem_.empty()) problem_ = what;
}

void RecoveryReceiver::feed(Bytes chunk) {
  if (!problem_.empty() || complete_) return;
  static_cast<void>(parser_.feed(chunk, *this));
}

void RecoveryReceiver::on_event(const Event& event, Bytes raw) {
  if (!problem_.empty() || complete_) return;
  if (const auto* ping = std::get_if<Ping>(&event.body)) return append(answers_, encode(Pong{ping->value}));
  if (const auto* request = std::get_if<RecvBitmapRequest>(&event.body)) return answer_bitmap(request->block);
  if (const auto* what = std::get_if<Command>(&event.body)) return command(*what);
  if (std::holds_alternative<EndOfStream>(event.body)) return ended();
  if (const auto* header = std::get_if<SectionHeader>(&event.body)) section(*header);
  if (in_ram_) return inside_ram(event, raw);
  complain("the source sent something that a recovery does not have: " + describe_unit(event, tables_));
}

/// migration/ram.c ramblock_recv_bitmap_send(): one bit for each target page, in units of 8 bytes.
void RecoveryReceiver::answer_bitmap(BlockId block) {
  const auto name = tables_.block_name(block);
  if (!announced(block))
    return complain("the source asks for block \"" + printable(name) +
                    "\", which its block list did not have");
  const auto size = (pages_of(block) + 63) / 64 * 8;
  append(answers_, encode(RecvBitmap{block, size}, name));
  answers_.resize(answers_.size() + size);
  append(answers_, encode(RecvBitmapEnd{}));
}

void RecoveryReceiver::command(const Command& command) {
  if (command.type != CommandType::postcopy_resume)
    return complain("the source sent a command that a recovery does not have");
  resumed_ = true;
  append(answers_, encode(ResumeAck{1}));
}

void RecoveryReceiver::section(const SectionHeader& header) {
  const bool repeated = header.type == SectionType::part || header.type == SectionType::end;
  in_ram_ = repeated && header.section == tables_.ram_section();
}

void RecoveryReceiver::inside_ram(const Event& event, Bytes raw) {
  if (const auto* record = std::get_if<PageRecord>(&event.body)) page(*record);
  if (std::holds_alternative<MultifdFlush>(event.body)) return;  // means nothing without multifd
  if (std::holds_alternative<Unparsed>(event.body)) return complain("what the source sends cannot be read");
  append(ram_, raw);
  const bool footers = tables_.footers.value_or(true);
  if (std::holds_alternative<SectionFooter>(event.body) ||
      (!footers && std::holds_alternative<RamEos>(event.body)))
    in_ram_ = false;
}

void RecoveryReceiver::page(const PageRecord& record) {
  const auto number = record.page_offset / tables_.page_size;
  if (number >= pages_of(record.block))
    return complain("the source sent a page outside of the blocks that it announced");
  if (record.encoding != PageEncoding::plain && record.encoding != PageEncoding::zero)
    return complain(
        "the source sent a page that can only be read by whoever has its older contents (XBZRLE)");
  if (received_.insert(record.block, number)) ++pages_;
  if (received_.full()) complain("the guest has more memory than can be accounted for, 2 TiB");
}

void RecoveryReceiver::ended() {
  for (std::uint32_t i = 0; i < blocks_; ++i) {
    const BlockId block{i};
    const auto missing = pages_of(block) - received_.count(block, 0, pages_of(block));
    if (missing != 0)
      complain("the source ended the migration without " + std::to_string(missing) + " pages of block \"" +
               printable(tables_.block_name(block)) + "\"");
  }
  complete_ = problem_.empty();
}

std::vector<std::byte> RecoveryReceiver::everything_received() { return encode(Shut{0}); }

}  // namespace mig::replay
