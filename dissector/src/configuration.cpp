// SPDX-License-Identifier: GPL-2.0-or-later
// File header and configuration section. Source of the layouts: migration/savevm.c.
#include "forward_run.hpp"

namespace mig {

bool ForwardRun::step_file_header() {
  FileHeader header;
  const auto unit = read(header, ParseErrc::not_migration);
  if (!unit) return false;
  if (header.version != wire::file_version) return fail(ParseErrc::bad_file_version);
  state_.at = At::after_header;
  emit(header, unit->raw);
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
  if (load_be32(*length_head, 1) > wire::max_machine_name) return fail(ParseErrc::bad_configuration);
  Configuration body;
  const auto unit = read(body, ParseErrc::bad_configuration);
  if (!unit || !name(body.machine, unit->text)) return false;
  tables_.machine = body.machine;
  tables_.has_configuration = true;
  state_.at = At::after_configuration;
  emit(body, unit->raw);
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
  return subsection(as_text(named->subspan(2)));
}

/// `idstr` is borrowed from bytes that move as more are needed.
bool ForwardRun::subsection(std::string_view idstr) {
  if (idstr == Layout<TargetPageBits>::idstr) return target_page_bits();
  if (idstr == Layout<Capabilities>::idstr) return capabilities();
  if (idstr != Layout<MachineUuid>::idstr)
    return fail(ParseErrc::bad_configuration);  // it has no length: nothing behind it can be found
  MachineUuid body;
  const auto unit = read(body, ParseErrc::bad_configuration);
  if (unit) emit(body, unit->raw);
  return unit.has_value();
}

bool ForwardRun::target_page_bits() {
  TargetPageBits body;
  const auto unit = read(body, ParseErrc::bad_configuration);
  if (!unit) return false;
  if (body.bits < 8 || body.bits > 20) return fail(ParseErrc::bad_configuration);
  tables_.know_page_size(1U << body.bits, PageSizeSource::target_page_bits);
  emit(body, unit->raw);
  return true;
}

bool ForwardRun::capabilities() {
  Capabilities body;
  const auto unit = read(body, ParseErrc::bad_configuration);
  if (!unit) return false;
  state_.countdown = body.count;
  state_.at = body.count != 0 ? At::capability : At::after_configuration;
  emit(body, unit->raw);
  return true;
}

bool ForwardRun::step_capability() {
  Capability body;
  const auto unit = read(body, ParseErrc::bad_configuration);
  if (!unit || !name(body.name, unit->text)) return false;
  if (unit->text == "x-ignore-shared") tables_.ignore_shared = true;
  if (unit->text == "mapped-ram") tables_.mapped_ram = true;
  if (--state_.countdown == 0) state_.at = At::after_configuration;
  emit(body, unit->raw);
  return true;
}

}  // namespace mig
