// SPDX-License-Identifier: GPL-2.0-or-later
// File header and configuration section. Source of the layouts: migration/savevm.c.
#include "forward_run.hpp"

namespace mig {

bool ForwardRun::step_file_header() {
  const auto head = in_.need(8);
  if (!head) return false;
  if (load_be32(*head) != wire::file_magic) return fail(ParseErrc::not_migration);
  if (load_be32(*head, 4) != wire::file_version) return fail(ParseErrc::bad_file_version);
  state_.at = At::after_header;
  emit(FileHeader{load_be32(*head, 4)}, *head);
  return true;
}

bool ForwardRun::step_after_header() {
  const auto head = in_.need(1);
  if (!head) return false;
  if (load_u8(*head) != wire::vm_configuration) {
    state_.at = At::element;
    return true;
  }
  const auto length_head = in_.need(5);
  if (!length_head) return false;
  const auto length = load_be32(*length_head, 1);
  if (length > wire::max_machine_name) return fail(ParseErrc::bad_configuration);
  const auto whole = in_.need(5 + length);
  if (!whole) return false;
  const auto machine = tables_.intern(as_text(whole->subspan(5)));
  if (!machine) return fail(ParseErrc::too_many_names);
  tables_.machine = *machine;
  tables_.has_configuration = true;
  state_.at = At::after_configuration;
  emit(Configuration{*machine}, *whole);
  return true;
}

bool ForwardRun::step_after_configuration() {
  const auto head = in_.need(1);
  if (!head) return false;
  if (load_u8(*head) != wire::vm_subsection) {
    state_.at = At::element;
    return true;
  }
  const auto name_end = cstr_end(1);
  const auto named = name_end ? in_.need(*name_end) : std::nullopt;
  if (!named) return false;
  return subsection(as_text(named->subspan(2)), *name_end);
}

bool ForwardRun::subsection(std::string_view name, std::size_t name_end) {
  enum class Kind { bits, capabilities, uuid };
  // `name` is borrowed from bytes that move as more are needed: decide before asking for more.
  const auto kind = name == "configuration/target-page-bits" ? std::optional(Kind::bits)
                    : name == "configuration/capabilities"   ? std::optional(Kind::capabilities)
                    : name == "configuration/uuid"           ? std::optional(Kind::uuid)
                                                             : std::nullopt;
  if (!kind) return fail(ParseErrc::bad_configuration);  // it has no length: nothing behind it can be found
  const std::size_t at = name_end + 4;                   // be32 version in between
  const auto raw = in_.need(at + (kind == Kind::uuid ? 16U : 4U));
  if (!raw) return false;
  if (kind == Kind::uuid) {
    MachineUuid uuid;
    for (std::size_t i = 0; i < 16; ++i) uuid.uuid[i] = load_u8(*raw, at + i);
    emit(uuid, *raw);
    return true;
  }
  const auto value = load_be32(*raw, at);
  if (kind == Kind::capabilities) {
    state_.countdown = value;
    state_.at = value != 0 ? At::capability : At::after_configuration;
    emit(Capabilities{value}, *raw);
    return true;
  }
  if (value < 8 || value > 20) return fail(ParseErrc::bad_configuration);
  tables_.know_page_size(1U << value, PageSizeSource::target_page_bits);
  emit(TargetPageBits{value}, *raw);
  return true;
}

bool ForwardRun::step_capability() {
  const auto end = cstr_end(0);
  const auto raw = end ? in_.need(*end) : std::nullopt;
  if (!raw) return false;
  const auto text = as_text(raw->subspan(1));
  if (text == "x-ignore-shared") tables_.ignore_shared = true;
  if (text == "mapped-ram") tables_.mapped_ram = true;
  const auto id = tables_.intern(text);
  if (!id) return fail(ParseErrc::too_many_names);
  if (--state_.countdown == 0) state_.at = At::after_configuration;
  emit(Capability{*id}, *raw);
  return true;
}

}  // namespace mig
