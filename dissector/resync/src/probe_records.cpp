// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <array>
#include <bit>

#include "mig/wire.hpp"
#include "probe.hpp"
#include "probes.hpp"

namespace mig {
namespace {

constexpr std::uint8_t enough_links = 3;

/// Page sizes that a target may have if the stream has not said it (docs/protocol.md 3.3), ascending.
constexpr std::array<std::uint32_t, 5> page_sizes = {1024, 4096, 8192, 16384, 65536};

/// One record of a page, as far as its header shows it.
struct Record {
  Match match = Match::no;
  bool end = false;           // EOS or flush: no page
  bool plain = false;         // a page of bytes follows
  std::size_t header = 0;     // bytes before the page's
  std::uint32_t payload = 0;  // of one that is not plain
  std::uint64_t page_offset = 0;
  BlockId block = no_block;
  bool names_block = false;
};

bool offset_fits(std::uint64_t offset, BlockId id, const StreamTables& tables) noexcept {
  const auto* block = tables.block(id);
  return offset < (block != nullptr && block->used_length != 0 ? block->used_length : longest_block(tables));
}

/// What stands behind the word and the name: the fill byte, or the length of an encoded page.
void probe_tail(Lookahead& ahead, Record& record, std::uint64_t type) {
  const std::size_t size = type == wire::ram_zero ? 1 : type == wire::ram_xbzrle ? 3 : 4;
  const auto tail = ahead.need(record.header, size);
  if (!tail) {
    record.match = ahead.incomplete();
    return;
  }
  bool fits = true;
  if (type == wire::ram_zero) {
    fits = load_u8(*tail) == 0;
  } else if (type == wire::ram_xbzrle) {
    record.payload = load_be16(*tail, 1);
    fits = load_u8(*tail) == wire::xbzrle_encoded && record.payload <= page_sizes.back();
  } else {
    record.payload = load_be32(*tail);
    fits = record.payload <= 2 * page_sizes.back();
  }
  record.header += size;
  record.match = fits ? Match::yes : Match::no;
}

Record probe_record(Lookahead& ahead, const StreamTables& tables) {
  Record record;
  const auto head = ahead.need(0, 8);
  if (!head) return record.match = ahead.incomplete(), record;
  const auto word = load_be64(*head);
  record.header = 8;
  record.end = word == wire::ram_eos || word == wire::ram_multifd_flush;
  if (record.end) return record.match = Match::yes, record;
  const bool known = tables.page_size_source != PageSizeSource::assumed;
  const auto no_flags = (known ? tables.page_size - 1 : smallest_page_mask) & ~wire::ram_all_flags;
  if (!may_be_record(word) || (word & no_flags) != 0) return record;
  const auto type = word & smallest_page_mask & ~wire::ram_continue;
  record.page_offset = word & ~smallest_page_mask;
  record.plain = type == wire::ram_page;
  record.names_block = (word & wire::ram_continue) == 0;
  if (record.names_block) {
    const auto length = ahead.need(8, 1);
    const auto name = length ? ahead.need(9, load_u8(*length)) : std::nullopt;
    if (!name) return record.match = ahead.incomplete(), record;
    if (!may_be_block(as_text(*name), tables)) return record;
    record.block = tables.find_block(as_text(*name)).value_or(no_block);
    record.header += 1 + name->size();
  }
  if (!offset_fits(record.page_offset, record.block, tables)) return record;
  if (record.plain) return record.match = Match::yes, record;
  probe_tail(ahead, record, type);
  return record;
}

/// The chain goes on with `record`, which stands at `place`.
void extend(RamChain& chain, const Record& record, std::uint64_t place) noexcept {
  chain.body = place + record.header;
  chain.page_offset = record.page_offset;
  if (record.names_block) chain.block = record.block;
  chain.tried = 0;
  chain.plain = record.plain;
  ++chain.links;
  const auto size = chain.page_size != 0 ? chain.page_size : page_sizes[0];
  chain.next = chain.body + (record.plain ? size : record.payload);
}

/// The next record does not stand where this chain has expected it; is there another place it may stand?
bool try_next_size(RamChain& chain) noexcept {
  if (chain.page_size != 0 || !chain.plain || chain.tried + 1U >= page_sizes.size()) return false;
  chain.next = chain.body + page_sizes[++chain.tried];
  return true;
}

/// Two records of the same page, one behind the other, are a pattern in memory and no stream.
bool follows(const RamChain& chain, const Record& record) noexcept {
  if (record.match != Match::yes) return false;
  return record.end || record.names_block || record.page_offset != chain.page_offset;
}

/// A block's first page is named, so a record of page 0 without a name begins nothing.
bool begins(const Record& record) noexcept {
  return record.match == Match::yes && !record.end && (record.names_block || record.page_offset != 0);
}

RamChain first_link(const Record& record, std::uint64_t place, const StreamTables& tables) noexcept {
  RamChain chain;
  if (tables.page_size_source != PageSizeSource::assumed) chain.page_size = tables.page_size;
  extend(chain, record, place);
  return chain;
}

}  // namespace

bool may_be_block(std::string_view name, const StreamTables& tables) noexcept {
  if (tables.find_block(name)) return true;
  return tables.incomplete && !name.empty() && all_printable(name);
}

bool may_begin_record(Bytes bytes) noexcept {
  if (load_u8(bytes) != 0) return false;
  return bytes.size() < 8 || may_be_record(load_be64(bytes));
}

std::size_t next_expected(const RamChains& chains, std::uint64_t offset, std::size_t size,
                          std::size_t from) noexcept {
  auto due = static_cast<std::uint64_t>(size);
  for (const auto& chain : chains) {
    if (chain.next >= offset + from) due = std::min(due, chain.next - offset);
  }
  return static_cast<std::size_t>(due);
}

Probe probe_records(Lookahead& ahead, std::uint64_t place, const StreamTables& tables, RamChains& chains) {
  const auto record = probe_record(ahead, tables);
  if (record.match == Match::partial) return {Match::partial, {}};
  bool expected = false;
  for (auto* chain = chains.begin(); chain != chains.end();) {
    bool keep = chain->next > place;
    if (chain->next == place && follows(*chain, record)) {
      expected = true;
      if (chain->plain) chain->page_size = static_cast<std::uint32_t>(chain->next - chain->body);
      if (chain->links + 1U >= enough_links)
        return {Match::yes, {Anchor::ram_records, Pattern::records, chain->block, chain->page_size}};
      keep = !record.end;
      extend(*chain, record, place);
    } else if (chain->next == place) {
      keep = try_next_size(*chain);
    }
    if (keep) {
      ++chain;
    } else {
      chains.remove(chain);
    }
  }
  if (!expected && begins(record)) chains.add(first_link(record, place, tables));
  return {};
}

}  // namespace mig
