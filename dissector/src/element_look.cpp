// SPDX-License-Identifier: GPL-2.0-or-later
#include "element_look.hpp"

#include <algorithm>

#include "mig/wire.hpp"
#include "ram_look.hpp"

namespace mig {
namespace {

constexpr std::size_t command_head = 5;  // u8 0x08, be16 command, be16 length

/// The bits of evidence that make a place certain enough to go on from.
constexpr unsigned enough = 64;

/// Walks over the elements that may stand at one place, and adds up the bits of them that could not be other.
class ElementWalk {
 public:
  ElementWalk(Peek& peek, const StreamTables& tables) noexcept : peek_(peek), tables_(tables) {}

  Look judge() {
    const auto first = peek_.need(0, 1);
    if (!first) return {peek_.starved(), {}};
    const auto type = load_u8(*first);
    const auto anchor = type == wire::vm_section_footer ? Anchor::footer
                        : type == wire::vm_command      ? Anchor::command
                                                        : Anchor::ram_eos;
    auto answer = anchor == Anchor::ram_eos ? eos() : Answer::yes;
    while (answer == Answer::yes && bits_ < enough) {
      const auto begin = at_;
      answer = element();
      if (answer == Answer::yes && repeats(begin)) answer = Answer::no;
    }
    return {answer, {anchor, no_block, 0}};
  }

 private:
  /// The end of RAM records: zeros and 0x10 are common, so it is the footer behind them that counts.
  Answer eos() {
    const auto raw = peek_.need(0, 9);
    if (!raw) return peek_.starved();
    at_ = 8;
    bits_ = 12;
    const bool both = load_be64(*raw) == wire::ram_eos && load_u8(*raw, 8) == wire::vm_section_footer;
    return both ? Answer::yes : Answer::no;
  }

  Answer element() {
    if (peek_.ends(at_)) return Answer::no;
    const auto head = peek_.need(at_, 1);
    if (!head) return peek_.starved();
    switch (load_u8(*head)) {
      case wire::vm_section_footer: return footer();
      case wire::vm_command: return command();
      case wire::vm_section_full:
      case wire::vm_section_start: return last(look_at_section_names(peek_, at_ + 1, footer_, false), 48);
      case wire::vm_section_part:
      case wire::vm_section_end: return repeated();
      case wire::vm_eof: return last(look_at_vm_description(peek_, at_ + 1), 40);
      default: return Answer::no;
    }
  }

  /// The same element twice, one behind the other, is a pattern in memory and no stream.
  bool repeats(std::size_t begin) noexcept {
    const auto size = at_ - begin;
    const bool same_size = size == before_;
    before_ = size;
    if (!same_size || size == 0) return false;
    const auto both = peek_.need(begin - size, 2 * size);
    return both && std::equal(both->begin(), both->begin() + static_cast<std::ptrdiff_t>(size),
                              both->begin() + static_cast<std::ptrdiff_t>(size));
  }

  /// An element whose end cannot be told: the walk ends here.
  Answer last(Answer answer, unsigned bits) noexcept {
    bits_ += bits;
    return answer == Answer::yes && bits_ < enough ? Answer::no : answer;
  }

  Answer footer() {
    const auto raw = peek_.need(at_, 5);
    if (!raw) return peek_.starved();
    footer_ = SectionId{load_be32(*raw, 1)};
    const bool small = static_cast<std::uint32_t>(footer_) <= wire::max_section_id;
    bits_ += tables_.section(footer_) != nullptr ? 36U : 24U;
    at_ += 5;
    // No two footers follow each other.
    const auto next = peek_.need(at_, 1);
    if (!small || (next && load_u8(*next) == wire::vm_section_footer)) return Answer::no;
    return Answer::yes;
  }

  /// PART, END: of a section that is known, or whose footer stands just before; for "ram" also by its
  /// records.
  Answer repeated() {
    const auto raw = peek_.need(at_ + 1, 4);
    if (!raw) return peek_.starved();
    const SectionId id{load_be32(*raw)};
    const auto* info = tables_.section(id);
    const bool known = info != nullptr && info->iterative;
    if (!known && (id != footer_ || !tables_.incomplete)) return Answer::no;
    bits_ += known ? 24U : 40U;
    if (known && info->kind != SectionClass::ram) return last(Answer::yes, 0);
    return last(look_at_ram_word(peek_, at_ + 5, tables_), 24);
  }

  Answer command() {
    const auto raw = peek_.need(at_, command_head);
    if (!raw) return peek_.starved();
    const auto number = load_be16(*raw, 1);
    const auto length = load_be16(*raw, 3);
    const auto begin = at_ + command_head;
    at_ = begin + length;
    bits_ += 36;
    switch (static_cast<CommandType>(number)) {
      case CommandType::ping: return length == 4 ? ping(begin) : Answer::no;
      case CommandType::packaged: return length == 4 ? package() : Answer::no;
      case CommandType::postcopy_ram_discard: return discard(begin, length);
      case CommandType::recv_bitmap: return named(begin, length);
      default: return fixed_length(number) == length ? Answer::yes : Answer::no;
    }
  }

  Answer ping(std::size_t begin) {
    const auto raw = peek_.need(begin, 4);
    if (!raw) return peek_.starved();
    if (load_be32(*raw) < 0x100) bits_ += 24;  // those of QEMU are
    return Answer::yes;
  }

  /// A package begins with LISTEN.
  Answer package() {
    const auto raw = peek_.need(at_, command_head);
    if (!raw) return peek_.starved();
    const bool listen = load_u8(*raw) == wire::vm_command && load_be16(*raw, 3) == 0 &&
                        load_be16(*raw, 1) == static_cast<std::uint16_t>(CommandType::postcopy_listen);
    return listen ? last(Answer::yes, 36) : Answer::no;
  }

  /// u8 version 0, cstr block, u8 0, ranges of 16 bytes.
  Answer discard(std::size_t begin, std::uint16_t length) {
    const auto head = peek_.need(begin, 2);
    if (!head) return peek_.starved();
    const std::size_t name = load_u8(*head, 1);
    const auto fixed = 3 + name;
    const bool fits = load_u8(*head) == 0 && name != 0 && length > fixed && (length - fixed) % 16 == 0 &&
                      (length - fixed) / 16 <= wire::max_discard_ranges;
    if (!fits) return Answer::no;
    const auto raw = peek_.need(begin + 2, name + 1);
    if (!raw) return peek_.starved();
    bits_ += 20 + static_cast<unsigned>(name);
    return is_block(as_text(raw->first(name))) && load_u8(*raw, name) == 0 ? Answer::yes : Answer::no;
  }

  /// cstr block.
  Answer named(std::size_t begin, std::uint16_t length) {
    const auto head = peek_.need(begin, 1);
    if (!head) return peek_.starved();
    const std::size_t name = load_u8(*head);
    if (name == 0 || length != name + 1) return Answer::no;
    const auto raw = peek_.need(begin + 1, name);
    if (!raw) return peek_.starved();
    bits_ += 8 + static_cast<unsigned>(name);
    return is_block(as_text(*raw)) ? Answer::yes : Answer::no;
  }

  [[nodiscard]] bool is_block(std::string_view name) const noexcept { return may_be_block(name, tables_); }

  Peek& peek_;
  const StreamTables& tables_;
  std::size_t at_ = 0;
  std::size_t before_ = 0;  // size of the element before
  unsigned bits_ = 0;
  SectionId footer_ = no_section;
};

}  // namespace

std::optional<std::uint16_t> fixed_length(std::uint16_t command) noexcept {
  switch (static_cast<CommandType>(command)) {
    case CommandType::ping:
    case CommandType::packaged: return 4;
    case CommandType::open_return_path:
    case CommandType::postcopy_listen:
    case CommandType::postcopy_run:
    case CommandType::postcopy_resume:
    case CommandType::enable_colo:
    case CommandType::switchover_start: return 0;
    default: return std::nullopt;
  }
}

Answer look_at_section_names(Peek& peek, std::size_t at, SectionId open, bool any_version) {
  const auto head = peek.need(at, 5);
  if (!head) return peek.starved();
  const auto id = load_be32(*head);
  const std::size_t length = load_u8(*head, 4);
  if (length == 0 || id > wire::max_section_id || SectionId{id} == open) return Answer::no;
  const auto rest = peek.need(at + 5, length + 8);
  if (!rest) return peek.starved();
  const bool fits =
      all_printable(as_text(rest->first(length))) && (any_version || load_be32(*rest, length + 4) <= 0xffff);
  return fits ? Answer::yes : Answer::no;
}

Answer look_at_vm_description(Peek& peek, std::size_t at) {
  const auto raw = peek.need(at, 6);
  if (!raw) return peek.starved();
  const bool fits = load_u8(*raw) == wire::vm_description && load_u8(*raw, 5) == '{' &&
                    load_be32(*raw, 1) <= wire::max_vm_description;
  return fits ? Answer::yes : Answer::no;
}

Answer look_at_known_id(Peek& peek, std::size_t at, const StreamTables& tables) {
  const auto raw = peek.need(at, 4);
  if (!raw) return peek.starved();
  const auto* info = tables.section(SectionId{load_be32(*raw)});
  return info != nullptr && info->iterative ? Answer::yes : Answer::no;
}

bool may_begin_element(Bytes bytes) noexcept {
  const auto type = load_u8(bytes);
  if (type == wire::vm_command) return bytes.size() == 1 || load_u8(bytes, 1) == 0;
  return type == wire::vm_section_footer;  // an EOS is found as a RAM record
}

Look look_at_elements(Peek& peek, const StreamTables& tables) { return ElementWalk(peek, tables).judge(); }

}  // namespace mig
