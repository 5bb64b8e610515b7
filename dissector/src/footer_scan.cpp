// SPDX-License-Identifier: GPL-2.0-or-later
// Device state has no length on the wire. Its end is where a section footer stands that something plausible
// follows: mark 0x7e, this section's id, and the start of a next element. docs/protocol.md 5.2 has the odds
// (below one wrong cut in 10^12 MB of benign data). A guest can forge it, so it is no security boundary.
// Without footers only what ends all devices can be found: the EOF mark and the VM description behind it, or
// the commands at the end of a package. The devices between them and the first one are part of that one.
#include <algorithm>
#include <cstring>

#include "forward_run.hpp"
#include "probe.hpp"

namespace mig {
namespace {

constexpr std::size_t footer_size = 5;

std::size_t find_mark(Bytes bytes, std::size_t from) noexcept {
  if (from >= bytes.size()) return bytes.size();
  const auto* found = std::memchr(bytes.data() + from, wire::vm_section_footer, bytes.size() - from);
  if (found == nullptr) return bytes.size();
  return static_cast<std::size_t>(static_cast<const std::byte*>(found) - bytes.data());
}

/// The next EOF mark with a VM description behind it, as far as the piece shows.
std::size_t find_end_mark(Bytes bytes, std::size_t from) noexcept {
  for (auto at = from + 1; at < bytes.size(); ++at) {
    const auto* found = std::memchr(bytes.data() + at, wire::vm_description, bytes.size() - at);
    if (found == nullptr) break;
    at = static_cast<std::size_t>(static_cast<const std::byte*>(found) - bytes.data());
    if (load_u8(bytes, at - 1) == wire::vm_eof) return at - 1;
  }
  const bool last = bytes.size() > from && load_u8(bytes, bytes.size() - 1) == wire::vm_eof;
  return last ? bytes.size() - 1 : bytes.size();
}

/// Where it is not known yet whether there are footers.
std::size_t find_either(Bytes bytes, std::size_t from) noexcept {
  return std::min(find_mark(bytes, from), find_end_mark(bytes, from));
}

/// EOF mark, VM description, and the first key of its JSON.
Match probe_end(Lookahead& ahead) {
  const auto raw = ahead.need(0, 8);
  if (!raw) return ahead.incomplete();
  const bool fits = load_u8(*raw) == wire::vm_eof && load_u8(*raw, 7) == '"';
  return fits ? probe_vm_description(ahead, 1) : Match::no;
}

// PING 3, PING 0x42, POSTCOPY_RUN: what ends a package (docs/protocol.md 9.4).
constexpr std::size_t ping_size = 9, run_size = 5, longest_tail = 2 * ping_size + run_size;

bool is_command(Bytes bytes, std::size_t at, CommandType type, std::size_t size) noexcept {
  return load_u8(bytes, at) == wire::vm_command &&
         load_be16(bytes, at + 1) == static_cast<std::uint16_t>(type) &&
         load_be16(bytes, at + 3) == size - run_size;
}

/// How many bytes of the package's end are its last commands.
std::size_t tail_of(Bytes rest) noexcept {
  if (rest.size() < run_size ||
      !is_command(rest, rest.size() - run_size, CommandType::postcopy_run, run_size))
    return 0;
  auto size = run_size;
  while (size + ping_size <= rest.size() &&
         is_command(rest, rest.size() - size - ping_size, CommandType::ping, ping_size))
    size += ping_size;
  return size;
}

/// The command that may stand behind a device section, with its length: be16 command, be16 length.
bool follows_device(Bytes command, bool in_package) noexcept {
  const auto number = load_be16(command);
  const auto type = static_cast<CommandType>(number);
  const bool in_packages = type == CommandType::ping || type == CommandType::postcopy_run;
  if (type == CommandType::postcopy_resume || (in_package && !in_packages)) return false;
  return fixed_length(number) == load_be16(command, 2);
}

}  // namespace

bool ForwardRun::step_device_state() {
  if (!tables_.footers.value_or(false) && state_.in_package) return step_package_tail();
  const auto find = !tables_.footers ? find_either : *tables_.footers ? find_mark : find_end_mark;
  const auto limit = package_limit();
  auto piece = in_.piece(limit);
  auto size = find(piece, 0);
  if (size == 0) {
    const bool mark = tables_.footers.value_or(load_u8(piece) == wire::vm_section_footer);
    switch (judge_candidate(mark)) {
      case Match::partial: return false;
      case Match::yes:
        tables_.footers = mark;
        state_.at = mark ? At::footer : At::element;
        return true;
      case Match::no: break;
    }
    piece = in_.piece(limit);  // judging may have moved bytes
    size = find(piece, 1);
  }
  device_state(piece.first(size));
  return true;
}

void ForwardRun::device_state(Bytes raw) {
  const Payload body{PayloadKind::device_state, state_.payload_offset};
  state_.payload_offset += raw.size();
  emit(body, raw);
}

/// Without footers a package's devices are one, up to the commands that end it.
bool ForwardRun::step_package_tail() {
  if (state_.package_left > longest_tail) {
    device_state(in_.piece(state_.package_left - longest_tail));
    return true;
  }
  const auto rest = in_.need(static_cast<std::size_t>(state_.package_left));
  if (!rest) return false;
  const auto tail = tail_of(*rest);
  const auto size = rest->size() - tail;
  if (tail != 0) state_.at = At::element;
  if (size != 0) device_state(rest->first(size));
  return true;
}

Match ForwardRun::judge_candidate(bool footer) {
  const auto limit = package_limit();
  while (true) {
    const auto window = in_.piece(limit);
    Lookahead ahead(window, window.size() == limit);
    const auto answer = footer ? judge_footer(ahead) : probe_end(ahead);
    const auto wanted = std::min<std::uint64_t>(ahead.needed(), limit);
    if (answer != Match::partial || !in_.need(static_cast<std::size_t>(wanted))) return answer;
  }
}

Match ForwardRun::judge_footer(Lookahead& ahead) const {
  const auto head = ahead.need(0, footer_size + 1);  // a footer is never the last of a package
  if (!head) return ahead.incomplete();
  const bool own = SectionId{load_be32(*head, 1)} == state_.section.section;
  return judge_next(ahead, load_u8(*head, footer_size), own);
}

/// With the section's own id, a plausible start of any element will do. With another id only a whole FULL
/// header is proof enough; this is how a footer that was damaged on its way is survived.
Match ForwardRun::judge_next(Lookahead& ahead, std::uint8_t type, bool own_footer) const {
  constexpr auto behind = footer_size + 1;
  const auto open = state_.section.section;
  if (type == wire::vm_section_full) return probe_section_names(ahead, behind, open, own_footer);
  if (!own_footer) return Match::no;
  switch (type) {
    case wire::vm_section_start: return probe_section_names(ahead, behind, open, true);
    case wire::vm_section_part:
    case wire::vm_section_end: return probe_known_id(ahead, behind, tables_);
    case wire::vm_command: {
      const auto command = ahead.need(behind, 4);
      if (!command) return ahead.incomplete();
      return follows_device(*command, state_.in_package) ? Match::yes : Match::no;
    }
    case wire::vm_eof:
      // A bare 0 is no proof; the VM description behind it is. Without one see finish_device_state().
      return state_.in_package ? Match::no : probe_vm_description(ahead, behind);
    default: return Match::no;
  }
}

/// The stream ended inside device state. True when that is no truncation: a footer, or footer and EOF mark,
/// stood last (no VM description was sent), or this stream has no footers and the state of the last device
/// goes on to the end.
bool ForwardRun::finish_device_state() {
  if (!tables_.footers.value_or(false)) {
    if (state_.in_package) return false;
    if (!in_.empty()) device_state(in_.piece(UINT64_MAX));
    return true;
  }
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
