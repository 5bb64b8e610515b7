// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>

#include "mig/wire.hpp"
#include "probe.hpp"
#include "probes.hpp"

namespace mig {
namespace {

constexpr std::size_t command_head = 5;  // u8 0x08, be16 command, be16 length

/// The bits of evidence that make a resync point certain enough.
constexpr unsigned enough_element_bits = 64;

/// Walks over the elements that may stand at one place, and adds up the bits of them that could not be other.
class ElementWalk {
 public:
  ElementWalk(Lookahead& ahead, const StreamTables& tables) noexcept : ahead_(ahead), tables_(tables) {}

  Probe judge() {
    const auto first = ahead_.need(0, 1);
    if (!first) return {ahead_.incomplete(), {}};
    const auto type = load_u8(*first);
    const auto anchor = type == wire::vm_section_footer ? Anchor::footer
                        : type == wire::vm_command      ? Anchor::command
                                                        : Anchor::ram_eos;
    auto match = anchor == Anchor::ram_eos ? eos() : Match::yes;
    while (match == Match::yes && bits_ < enough_element_bits) {
      const auto begin = at_;
      match = element();
      if (match == Match::yes && repeats(begin)) match = Match::no;
    }
    return {match, {anchor, Pattern::elements}};
  }

 private:
  /// The end of RAM records: zeros and 0x10 are common, so it is the footer behind them that counts.
  Match eos() {
    const auto raw = ahead_.need(0, 9);
    if (!raw) return ahead_.incomplete();
    at_ = 8;
    bits_ = 12;
    const bool both = load_be64(*raw) == wire::ram_eos && load_u8(*raw, 8) == wire::vm_section_footer;
    return both ? Match::yes : Match::no;
  }

  Match element() {
    if (ahead_.ends(at_)) return Match::no;
    const auto head = ahead_.need(at_, 1);
    if (!head) return ahead_.incomplete();
    switch (load_u8(*head)) {
      case wire::vm_section_footer: return footer();
      case wire::vm_command: return command();
      case wire::vm_section_full:
      case wire::vm_section_start: return last(probe_section_names(ahead_, at_ + 1, footer_, false), 48);
      case wire::vm_section_part:
      case wire::vm_section_end: return repeated();
      case wire::vm_eof: return last(probe_vm_description(ahead_, at_ + 1), 40);
      default: return Match::no;
    }
  }

  /// The same element twice, one behind the other, is a pattern in memory and no stream.
  bool repeats(std::size_t begin) noexcept {
    const auto size = at_ - begin;
    const bool same_size = size == before_;
    before_ = size;
    if (!same_size || size == 0) return false;
    const auto both = ahead_.need(begin - size, 2 * size);
    return both && std::equal(both->begin(), both->begin() + static_cast<std::ptrdiff_t>(size),
                              both->begin() + static_cast<std::ptrdiff_t>(size));
  }

  /// An element whose end is unknown: the walk ends here.
  Match last(Match match, unsigned bits) noexcept {
    bits_ += bits;
    return match == Match::yes && bits_ < enough_element_bits ? Match::no : match;
  }

  Match footer() {
    const auto raw = ahead_.need(at_, 5);
    if (!raw) return ahead_.incomplete();
    footer_ = SectionId{load_be32(*raw, 1)};
    const bool small = static_cast<std::uint32_t>(footer_) <= wire::max_section_id;
    bits_ += tables_.section(footer_) != nullptr ? 36U : 24U;
    at_ += 5;
    // No two footers follow each other.
    const auto next = ahead_.need(at_, 1);
    if (!small || (next && load_u8(*next) == wire::vm_section_footer)) return Match::no;
    return Match::yes;
  }

  /// PART, END: of a section that is known, or whose footer stands just before; for "ram" also by its
  /// records.
  Match repeated() {
    const auto raw = ahead_.need(at_ + 1, 4);
    if (!raw) return ahead_.incomplete();
    const SectionId id{load_be32(*raw)};
    const auto* info = tables_.section(id);
    const bool known = info != nullptr && info->iterative;
    if (!known && (id != footer_ || !tables_.incomplete)) return Match::no;
    bits_ += known ? 24U : 40U;
    if (known && info->kind != SectionClass::ram) return last(Match::yes, 0);
    return last(probe_ram_word(ahead_, at_ + 5, tables_), 24);
  }

  Match command() {
    const auto raw = ahead_.need(at_, command_head);
    if (!raw) return ahead_.incomplete();
    const auto number = load_be16(*raw, 1);
    const auto length = load_be16(*raw, 3);
    const auto begin = at_ + command_head;
    at_ = begin + length;
    bits_ += 36;
    switch (static_cast<CommandType>(number)) {
      case CommandType::ping: return length == 4 ? ping(begin) : Match::no;
      case CommandType::packaged: return length == 4 ? package() : Match::no;
      case CommandType::postcopy_ram_discard: return discard(begin, length);
      case CommandType::recv_bitmap: return named(begin, length);
      default: return fixed_length(number) == length ? Match::yes : Match::no;
    }
  }

  Match ping(std::size_t begin) {
    const auto raw = ahead_.need(begin, 4);
    if (!raw) return ahead_.incomplete();
    if (load_be32(*raw) < 0x100) bits_ += 24;  // those of QEMU are
    return Match::yes;
  }

  /// A package begins with LISTEN.
  Match package() {
    const auto raw = ahead_.need(at_, command_head);
    if (!raw) return ahead_.incomplete();
    const bool listen = load_u8(*raw) == wire::vm_command && load_be16(*raw, 3) == 0 &&
                        load_be16(*raw, 1) == static_cast<std::uint16_t>(CommandType::postcopy_listen);
    return listen ? last(Match::yes, 36) : Match::no;
  }

  /// u8 version 0, cstr block, u8 0, ranges of 16 bytes.
  Match discard(std::size_t begin, std::uint16_t length) {
    const auto head = ahead_.need(begin, 2);
    if (!head) return ahead_.incomplete();
    const std::size_t name = load_u8(*head, 1);
    const auto fixed = 3 + name;
    const bool fits = load_u8(*head) == 0 && name != 0 && length > fixed && (length - fixed) % 16 == 0 &&
                      (length - fixed) / 16 <= wire::max_discard_ranges;
    if (!fits) return Match::no;
    const auto raw = ahead_.need(begin + 2, name + 1);
    if (!raw) return ahead_.incomplete();
    bits_ += 20 + static_cast<unsigned>(name);
    return is_block(as_text(raw->first(name))) && load_u8(*raw, name) == 0 ? Match::yes : Match::no;
  }

  /// cstr block.
  Match named(std::size_t begin, std::uint16_t length) {
    const auto head = ahead_.need(begin, 1);
    if (!head) return ahead_.incomplete();
    const std::size_t name = load_u8(*head);
    if (name == 0 || length != name + 1) return Match::no;
    const auto raw = ahead_.need(begin + 1, name);
    if (!raw) return ahead_.incomplete();
    bits_ += 8 + static_cast<unsigned>(name);
    return is_block(as_text(*raw)) ? Match::yes : Match::no;
  }

  [[nodiscard]] bool is_block(std::string_view name) const noexcept { return may_be_block(name, tables_); }

  Lookahead& ahead_;
  const StreamTables& tables_;
  std::size_t at_ = 0;
  std::size_t before_ = 0;  // size of the element before
  unsigned bits_ = 0;
  SectionId footer_ = no_section;
};

}  // namespace

bool may_begin_element(Bytes bytes) noexcept {
  const auto type = load_u8(bytes);
  if (type == wire::vm_command) return bytes.size() == 1 || load_u8(bytes, 1) == 0;
  return type == wire::vm_section_footer;  // an EOS is found as a RAM record
}

Probe probe_elements(Lookahead& ahead, const StreamTables& tables) {
  return ElementWalk(ahead, tables).judge();
}

}  // namespace mig
