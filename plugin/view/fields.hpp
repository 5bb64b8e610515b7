// SPDX-License-Identifier: GPL-2.0-or-later
// The one table of Wireshark fields. Fields of units come from mig::fields_of(); the others are of our own.
#pragma once
#include <cstdint>
#include <string_view>

#include "mig/events.hpp"
#include "plugin/view/ws_compat.hpp"

namespace mig::plugin {

/// Fields that no event has: what is known from elsewhere.
enum class GeneratedField : std::uint8_t {
  migration,
  channel,
  direction,
  phase,
  stream_offset,
  unit,
  pages,
  zero_pages,
  bytes_normal,
  bytes_zero,
  bytes_device,
  run_block,
  run_first,
  run_last,
  run_pages,
  run_zero,
  page_flags,
  page_iteration,
  page_again,
  page_data,
  device_data,
  device_field,
  device_value,
  notice,
  gap,
  guessed,
  confirmed_in,
  held,
  fed_in,
  starts_in,
  request_in,
  response_in,
  latency,
  package_devices,
  count,
};

/// Subtrees.
enum class Tree : std::uint8_t { protocol, unit, pages, page, device, count };

/// Expert infos.
enum class Expert : std::uint8_t {
  unparsed,
  truncated,
  lost,
  footer_mismatch,
  destination_error,
  gap,
  page_not_captured,
  resynchronised,
  guess_failed,
  never_ended,
  pong_without_ping,
  ping_unanswered,
  page_never_sent,
  page_sent_before,
  two_runners,
  source_may_resume,
  turning_point,
  phase,
  broken_memory,
  wrong_description,
  broken_description,
  unknown_subsection,
  count,
};

/// Registers all of them for the protocol.
void register_fields(int protocol);

/// Wireshark's number of a field that mig::fields_of() has given to a unit; -1 where the table has none.
[[nodiscard]] int field_id(std::string_view unit, std::string_view field) noexcept;
[[nodiscard]] int field_id(GeneratedField field) noexcept;
[[nodiscard]] int tree_id(Tree tree) noexcept;
[[nodiscard]] expert_field* expert_id(Expert expert) noexcept;
/// True if a filter, a column or -e asks for a field of pages, so that every page must be drawn.
[[nodiscard]] bool page_fields_wanted() noexcept;

}  // namespace mig::plugin
