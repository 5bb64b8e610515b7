// SPDX-License-Identifier: GPL-2.0-or-later
// Device state has no length on the wire. Its end is where a section footer stands that something plausible
// follows: mark 0x7e, this section's id, and the start of a next element. docs/protocol.md 5.2 has the odds
// (below one wrong cut in 10^12 MB of benign data). A guest can forge it, so it is no security boundary.
#include <algorithm>
#include <cstring>

#include "forward_run.hpp"

namespace mig {
namespace {

constexpr std::size_t footer_size = 5;

std::size_t find_mark(Bytes bytes, std::size_t from) noexcept {
  if (from >= bytes.size()) return bytes.size();
  const auto* found = std::memchr(bytes.data() + from, wire::vm_section_footer, bytes.size() - from);
  if (found == nullptr) return bytes.size();
  return static_cast<std::size_t>(static_cast<const std::byte*>(found) - bytes.data());
}

/// The fixed payload length of a command that may stand behind a device section; nullopt: no such command.
std::optional<std::uint16_t> fixed_length(std::uint16_t command, bool in_package) noexcept {
  const auto type = static_cast<CommandType>(command);
  if (in_package && type != CommandType::ping && type != CommandType::postcopy_run) return std::nullopt;
  switch (type) {
    case CommandType::ping:
    case CommandType::packaged: return 4;
    case CommandType::open_return_path:
    case CommandType::postcopy_listen:
    case CommandType::postcopy_run:
    case CommandType::enable_colo:
    case CommandType::switchover_start: return 0;
    default: return std::nullopt;
  }
}

bool all_printable(Bytes bytes) noexcept {
  return std::all_of(bytes.begin(), bytes.end(),
                     [](std::byte b) { return b >= std::byte{0x20} && b <= std::byte{0x7e}; });
}

}  // namespace

bool ForwardParser::Run::step_device_state() {
  const bool scan = tables_.footers.value_or(false);
  const auto limit = state_.in_package ? state_.package_left : UINT64_MAX;
  auto piece = in_.piece(limit);
  auto size = scan ? find_mark(piece, 0) : piece.size();
  if (size == 0) {
    switch (judge_candidate()) {
      case Guess::undecided: return false;
      case Guess::footer: state_.at = At::footer; return true;
      case Guess::not_footer: break;
    }
    piece = in_.piece(limit);  // judging may have moved bytes
    size = find_mark(piece, 1);
  }
  const Payload body{PayloadKind::device_state, state_.payload_offset};
  state_.payload_offset += size;
  emit(body, piece.first(size));
  return true;
}

ForwardParser::Run::Guess ForwardParser::Run::judge_candidate() {
  const auto limit = state_.in_package ? state_.package_left : UINT64_MAX;
  if (limit < footer_size + 1) return Guess::not_footer;  // a footer is never the last of a package
  const auto head = in_.need(footer_size + 1);
  if (!head) return Guess::undecided;
  const bool own = load_be32(*head, 1) == static_cast<std::uint32_t>(state_.section.section);
  return judge_next(load_u8(*head, footer_size), own);
}

/// With the section's own id, a plausible start of any element will do. With another id only a whole FULL
/// header is proof enough; this is how a footer that was damaged on its way is survived.
ForwardParser::Run::Guess ForwardParser::Run::judge_next(std::uint8_t type, bool own_footer) {
  if (type == wire::vm_section_full) return judge_named(own_footer);
  if (!own_footer) return Guess::not_footer;
  switch (type) {
    case wire::vm_section_start: return judge_named(own_footer);
    case wire::vm_section_part:
    case wire::vm_section_end:
      return judge(4, [&](Bytes rest) {
        const auto* info = tables_.section(SectionId{load_be32(rest)});
        return info != nullptr && info->iterative;
      });
    case wire::vm_command:
      return judge(4, [&](Bytes rest) {
        return fixed_length(load_be16(rest), state_.in_package) == load_be16(rest, 2);
      });
    case wire::vm_eof:
      // A bare 0 is no proof; the VM description behind it is. Without one see finish_device_state().
      if (state_.in_package) return Guess::not_footer;
      return judge(6, [](Bytes rest) {
        return load_u8(rest) == wire::vm_description && load_be32(rest, 1) <= wire::max_vm_description &&
               load_u8(rest, 5) == '{';
      });
    default: return Guess::not_footer;
  }
}

/// Lets `plausible` look at the `n` bytes behind footer and type byte, when they are there.
template <class Plausible>
ForwardParser::Run::Guess ForwardParser::Run::judge(std::size_t n, Plausible plausible) {
  const auto total = footer_size + 1 + n;
  if (state_.in_package && total > state_.package_left) return Guess::not_footer;
  const auto head = in_.need(total);
  if (!head) return Guess::undecided;
  return plausible(head->subspan(footer_size + 1)) ? Guess::footer : Guess::not_footer;
}

/// A START or FULL header: be32 id, cstr idstr, be32 instance id, be32 version id.
ForwardParser::Run::Guess ForwardParser::Run::judge_named(bool own_footer) {
  std::size_t length = 0;
  const auto start = judge(5, [&](Bytes rest) {
    const auto id = load_be32(rest);
    length = load_u8(rest, 4);
    return length != 0 && id <= wire::max_section_id &&
           id != static_cast<std::uint32_t>(state_.section.section);
  });
  if (start != Guess::footer) return start;
  return judge(13 + length, [&](Bytes rest) {
    return all_printable(rest.subspan(5, length)) && (own_footer || load_be32(rest, 9 + length) <= 0xffff);
  });
}

/// The stream ended inside device state. True when that is no truncation: a footer, or footer and EOF mark,
/// stood last (no VM description was sent), or this stream has no footers and the state of the last device
/// goes on to the end.
bool ForwardParser::Run::finish_device_state() {
  if (!tables_.footers.value_or(false)) return in_.empty() && !state_.in_package;
  const auto rest = in_.piece(UINT64_MAX);
  const bool footer = rest.size() >= footer_size && load_u8(rest) == wire::vm_section_footer &&
                      load_be32(rest, 1) == static_cast<std::uint32_t>(state_.section.section);
  const bool eof = footer && rest.size() == footer_size + 1 && load_u8(rest, footer_size) == wire::vm_eof;
  if (state_.in_package || !(eof || (footer && rest.size() == footer_size))) return false;
  state_.at = At::footer;
  all();
  return true;
}

}  // namespace mig
