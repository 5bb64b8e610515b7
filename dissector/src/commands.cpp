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
    case CommandType::ping: return length == 4 ? ping() : fail(ParseErrc::bad_command_length);
    case CommandType::postcopy_advise: return advise(length);
    case CommandType::packaged: return length == 4 ? packaged() : fail(ParseErrc::bad_command_length);
    case CommandType::postcopy_ram_discard: return discard(length);
    case CommandType::recv_bitmap: return recv_bitmap();
    default: break;
  }
  if (length != 0) return fail(ParseErrc::bad_command_length);
  if (type == CommandType::postcopy_listen) tables_.listening = true;
  // LISTEN and RUN stand in a package only, as its first and its last unit: its header was not seen, then.
  const bool packaged = type == CommandType::postcopy_listen || type == CommandType::postcopy_run;
  if (packaged && !state_.in_package && state_.has_gaps) open_package(UINT64_MAX, 0);
  Command body{type, state_.in_package};
  const auto unit = read(body, ParseErrc::bad_command_length);
  if (!unit) return false;
  emit(body, unit->raw);
  const bool unmeasured = state_.in_package && state_.package_length == 0;
  if (type == CommandType::postcopy_run && unmeasured) end_package();
  return true;
}

bool ForwardRun::ping() {
  Ping body{0, state_.in_package};
  const auto unit = read(body, ParseErrc::bad_command_length);
  if (unit) emit(body, unit->raw);
  return unit.has_value();
}

bool ForwardRun::advise(std::uint16_t length) {
  if (length != 0 && length != 16) return fail(ParseErrc::bad_command_length);
  PostcopyAdvise body{0, 0, length};
  const auto unit = read(body, ParseErrc::bad_command_length);
  if (!unit) return false;
  tables_.advised = true;
  if (length == 16) {
    if (!std::has_single_bit(body.target_page_size) || body.target_page_size < 256 ||
        body.target_page_size > (1U << 20)) {
      return fail(ParseErrc::bad_command_length);
    }
    tables_.advised_ram = true;
    tables_.page_size_summary = body.page_size_summary;
    tables_.know_page_size(static_cast<std::uint32_t>(body.target_page_size),
                           PageSizeSource::postcopy_advise);
  }
  emit(body, unit->raw);
  return true;
}

bool ForwardRun::packaged() {
  if (state_.in_package) return fail(ParseErrc::nested_package);
  PackageBegin body;
  const auto unit = read(body, ParseErrc::bad_command_length);
  if (!unit) return false;
  emit(body, unit->raw);
  open_package(body.length, body.length);
  if (body.length == 0) end_package();
  return true;
}

bool ForwardRun::discard(std::uint16_t length) {
  RamDiscard body;
  const auto unit = read(body, ParseErrc::bad_discard);
  if (!unit) return false;
  const auto behind = length + head_size - unit->raw.size();
  if (behind % 16 != 0 || behind / 16 < 1 || behind / 16 > wire::max_discard_ranges)
    return fail(ParseErrc::bad_discard);
  const auto block = block_named(unit->text);
  if (!block) return fail(ParseErrc::unknown_block);
  body = {*block, length, static_cast<std::uint16_t>(behind / 16)};
  state_.countdown = body.ranges;
  state_.at = At::discard_range;
  emit(body, unit->raw);
  return true;
}

bool ForwardRun::step_discard_range() {
  DiscardRange body;
  const auto unit = read(body, ParseErrc::bad_discard);
  if (!unit) return false;
  if (--state_.countdown == 0) state_.at = At::element;
  emit(body, unit->raw);
  return true;
}

bool ForwardRun::recv_bitmap() {
  RecvBitmapRequest body;
  const auto unit = read(body, ParseErrc::bad_command_length);
  if (!unit) return false;
  // A resumed channel whose first connection was not seen has no block list; the framing does not need it.
  const auto block = tables_.add_block(unit->text, 0);
  if (!block) return fail(ParseErrc::too_many_names);
  body.block = *block;
  emit(body, unit->raw);
  return true;
}

}  // namespace mig
