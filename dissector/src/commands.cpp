// SPDX-License-Identifier: GPL-2.0-or-later
// QEMU_VM_COMMAND elements. Source of the layouts: migration/savevm.c qemu_savevm_command_send() and the
// senders above it.
#include <bit>

#include "forward_run.hpp"

namespace mig {
namespace {

constexpr std::size_t head_size = 5;  // u8 0x08, be16 command, be16 length

}  // namespace

bool ForwardRun::step_command() {
  const auto head = want(head_size);
  if (!head) return false;
  const auto number = load_be16(*head, 1);
  if (number < 1 || number > static_cast<std::uint16_t>(CommandType::switchover_start)) {
    return fail(ParseErrc::unknown_command);
  }
  return command_body(static_cast<CommandType>(number), load_be16(*head, 3));
}

bool ForwardRun::command_body(CommandType type, std::uint16_t length) {
  switch (type) {
    case CommandType::ping: {
      if (length != 4) return fail(ParseErrc::bad_command_length);
      const auto raw = want(head_size + 4);
      if (raw) emit(Ping{load_be32(*raw, head_size), state_.in_package}, *raw);
      return raw.has_value();
    }
    case CommandType::postcopy_advise: return advise(length);
    case CommandType::packaged: return length == 4 ? packaged() : fail(ParseErrc::bad_command_length);
    case CommandType::postcopy_ram_discard: return discard(length);
    case CommandType::recv_bitmap: return recv_bitmap(length);
    default: break;
  }
  if (length != 0) return fail(ParseErrc::bad_command_length);
  if (type == CommandType::postcopy_listen) tables_.listening = true;
  // LISTEN and RUN stand in a package only, as its first and its last unit: its header was not seen, then.
  const bool packaged = type == CommandType::postcopy_listen || type == CommandType::postcopy_run;
  if (packaged && !state_.in_package && state_.has_gaps) open_package(UINT64_MAX, 0);
  const auto raw = want(head_size);
  emit(Command{type, state_.in_package}, *raw);
  const bool unmeasured = state_.in_package && state_.package_length == 0;
  if (type == CommandType::postcopy_run && unmeasured) end_package();
  return true;
}

bool ForwardRun::advise(std::uint16_t length) {
  if (length != 0 && length != 16) return fail(ParseErrc::bad_command_length);
  const auto raw = want(head_size + length);
  if (!raw) return false;
  PostcopyAdvise body{0, 0, length};
  tables_.advised = true;
  if (length == 16) {
    body.page_size_summary = load_be64(*raw, head_size);
    body.target_page_size = load_be64(*raw, head_size + 8);
    if (!std::has_single_bit(body.target_page_size) || body.target_page_size < 256 ||
        body.target_page_size > (1U << 20)) {
      return fail(ParseErrc::bad_command_length);
    }
    tables_.advised_ram = true;
    tables_.page_size_summary = body.page_size_summary;
    tables_.know_page_size(static_cast<std::uint32_t>(body.target_page_size),
                           PageSizeSource::postcopy_advise);
  }
  emit(body, *raw);
  return true;
}

bool ForwardRun::packaged() {
  if (state_.in_package) return fail(ParseErrc::nested_package);
  const auto raw = in_.need(head_size + 4);
  if (!raw) return false;
  const auto length = load_be32(*raw, head_size);
  emit(PackageBegin{length}, *raw);
  open_package(length, length);
  if (length == 0) end_package();
  return true;
}

bool ForwardRun::discard(std::uint16_t length) {
  const auto name_end = cstr_end(head_size + 1);  // behind u8 version
  if (!name_end) return false;
  const auto header = *name_end + 1;  // a NUL closes the name
  const auto ranges = (length + head_size - header) / 16;
  const bool fits =
      header + ranges * 16 == length + head_size && ranges >= 1 && ranges <= wire::max_discard_ranges;
  if (length + head_size < header || !fits) return fail(ParseErrc::bad_discard);
  const auto raw = want(header);
  if (!raw) return false;
  if (load_u8(*raw, head_size) != 0 || load_u8(*raw, *name_end) != 0) return fail(ParseErrc::bad_discard);
  const auto block = block_named(as_text(raw->subspan(head_size + 2, *name_end - head_size - 2)));
  if (!block) return fail(ParseErrc::unknown_block);
  state_.countdown = static_cast<std::uint32_t>(ranges);
  state_.at = At::discard_range;
  emit(RamDiscard{*block, length, static_cast<std::uint16_t>(ranges)}, *raw);
  return true;
}

bool ForwardRun::step_discard_range() {
  const auto raw = want(16);
  if (!raw) return false;
  if (--state_.countdown == 0) state_.at = At::element;
  emit(DiscardRange{load_be64(*raw), load_be64(*raw, 8)}, *raw);
  return true;
}

bool ForwardRun::recv_bitmap(std::uint16_t length) {
  const auto name_end = cstr_end(head_size);
  if (!name_end) return false;
  if (*name_end != head_size + length) return fail(ParseErrc::bad_command_length);
  const auto raw = want(*name_end);
  if (!raw) return false;
  // A resumed channel whose first connection was not seen has no block list; the framing does not need it.
  const auto block = tables_.add_block(as_text(raw->subspan(head_size + 1)), 0);
  if (!block) return fail(ParseErrc::too_many_names);
  emit(RecvBitmapRequest{*block}, *raw);
  return true;
}

}  // namespace mig
