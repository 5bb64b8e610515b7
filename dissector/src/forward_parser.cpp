// SPDX-License-Identifier: GPL-2.0-or-later
#include "mig/forward_parser.hpp"

#include "forward_run.hpp"
#include "probe.hpp"

namespace mig {
namespace {

constexpr std::uint32_t ram_version = 4;

/// How the body of an iterative section is delimited, by its name. PCI devices put their path before "/vfio".
SectionClass classify(std::string_view idstr, SectionType type) noexcept {
  if (type == SectionType::full) return idstr == "s390-skeys" ? SectionClass::skeys : SectionClass::device;
  if (idstr == "ram") return SectionClass::ram;
  if (idstr == "dirty-bitmap") return SectionClass::dirty_bitmap;
  if (idstr == "block") return SectionClass::block;
  if (idstr == "spapr/htab") return SectionClass::htab;
  if (idstr == "s390-storage_attributes") return SectionClass::storage_attributes;
  if (idstr == "vfio" || idstr.ends_with("/vfio")) return SectionClass::vfio;
  return SectionClass::device;
}

ForwardState::At body_start(SectionClass kind) noexcept {
  using At = ForwardState::At;
  switch (kind) {
    case SectionClass::ram: return At::ram_record;
    case SectionClass::dirty_bitmap: return At::bitmap_chunk;
    case SectionClass::block: return At::block_chunk;
    case SectionClass::vfio: return At::vfio_record;
    case SectionClass::htab: return At::htab_header;
    case SectionClass::storage_attributes:
    case SectionClass::skeys: return At::s390_record;
    case SectionClass::device: return At::device_state;
  }
  return At::device_state;
}

}  // namespace

bool ForwardRun::step() {
  switch (state_.at) {
    case At::file_header: return step_file_header();
    case At::after_header: return step_after_header();
    case At::after_configuration: return step_after_configuration();
    case At::capability: return step_capability();
    case At::element: return step_element();
    case At::footer: return step_footer();
    case At::device_state: return step_device_state();
    case At::payload: return step_payload();
    case At::after_end: return step_after_end();
    case At::discard_range: return step_discard_range();
    case At::ram_record: return step_ram_record();
    case At::page_border: return step_page_border();
    case At::block_entry: return step_block_entry();
    case At::block_page_size: return step_block_page_size();
    case At::block_address: return step_block_address();
    case At::mapped_ram_header: return step_mapped_ram_header();
    case At::mapped_ram_pages: return step_mapped_ram_pages();
    case At::bitmap_chunk: return step_bitmap_chunk();
    case At::bitmap_name: return step_bitmap_name();
    case At::bitmap_body: return step_bitmap_body();
    case At::block_chunk: return step_block_chunk();
    case At::vfio_record: return step_vfio_record();
    case At::htab_header: return step_htab_header();
    case At::htab_record: return step_htab_record();
    case At::s390_record: return step_s390_record();
    case At::after_eof: return step_after_eof();
    case At::failed: break;
  }
  return false;
}

// ---- shared by all steps ----

std::optional<std::size_t> ForwardRun::cstr_end(std::size_t at) noexcept {
  const auto head = want(at + 1);
  if (!head) return std::nullopt;
  return at + 1 + load_u8(*head, at);
}

void ForwardRun::open_package(std::uint64_t left, std::uint32_t length) noexcept {
  state_.package_left = left;
  state_.package_length = length;
  state_.in_package = true;
}

void ForwardRun::end_package() {
  if (state_.at == At::device_state && !tables_.footers.value_or(false)) state_.at = At::element;
  if (state_.at != At::element) return static_cast<void>(fail(ParseErrc::package_overrun));
  state_.in_package = false;
  emit_empty(PackageEnd{state_.package_length}, {0, Level::none, Level::package, false});
}

std::optional<BlockId> ForwardRun::block_named(std::string_view name) {
  return tables_.incomplete && !name.empty() ? tables_.add_block(name, 0) : tables_.find_block(name);
}

bool ForwardRun::start_payload(PayloadKind kind, std::uint64_t size, At after) {
  if (state_.in_package && size > state_.package_left) return fail(ParseErrc::package_overrun);
  state_.payload_kind = kind;
  state_.payload_left = size;
  state_.payload_offset = 0;
  state_.after_payload = after;
  state_.at = size != 0 ? At::payload : after;
  return true;
}

bool ForwardRun::step_after_end() {
  const auto piece = in_.piece(UINT64_MAX);
  emit(pass_payload(piece.size()), piece);
  return true;
}

/// Behind the end of the stream nothing says how much there is.
Payload ForwardRun::pass_payload(std::uint64_t count) noexcept {
  if (state_.at != At::after_end) return Base::pass_payload(count);
  const Payload body{PayloadKind::after_end, state_.payload_offset};
  state_.payload_offset += count;
  return body;
}

void ForwardRun::payload_ended() noexcept {
  state_.at = state_.after_payload;
  if (state_.at == At::after_end) state_.payload_offset = 0;
}

/// Bytes of the unit that come after what was just taken. What is not delimited by a length is not known.
std::uint32_t ForwardRun::left_by_state() const noexcept {
  switch (state_.at) {
    case At::payload: {
      const bool goes_on =
          state_.after_payload == At::page_border || state_.after_payload == At::mapped_ram_pages;
      const bool in_list = state_.payload_kind == PayloadKind::mapped_ram_pages && state_.blocks_left != 0;
      return goes_on || in_list ? Extent::unknown : as_left(state_.payload_left);
    }
    case At::discard_range: return state_.countdown * 16;
    case At::after_configuration:
    case At::capability:
    case At::device_state:
    case At::page_border:
    case At::block_entry:
    case At::block_page_size:
    case At::block_address:
    case At::mapped_ram_header:
    case At::mapped_ram_pages:
    case At::bitmap_name:
    case At::bitmap_body: return Extent::unknown;
    default: return 0;
  }
}

// ---- elements ----

bool ForwardRun::step_element() {
  const auto head = want(1);
  if (!head) return false;
  state_.in_section = false;  // one without a footer has no other end
  switch (load_u8(*head)) {
    case wire::vm_eof: return end_mark();
    case wire::vm_section_start: return section_named(SectionType::start);
    case wire::vm_section_full: return section_named(SectionType::full);
    case wire::vm_section_part: return section_repeated(SectionType::part);
    case wire::vm_section_end: return section_repeated(SectionType::end);
    case wire::vm_command: return step_command();
    default: return fail(ParseErrc::unknown_element);
  }
}

bool ForwardRun::section_named(SectionType type) {
  SectionHeader header;
  header.type = type;
  header.in_package = state_.in_package;
  const auto unit = read(header, ParseErrc::bad_section_header);
  if (!unit) return false;
  if (unit->text.empty() || !all_printable(unit->text)) return fail(ParseErrc::bad_section_header);
  const auto kind = classify(unit->text, type);
  if (!name(header.idstr, unit->text)) return false;
  const bool kept = tables_.add_section({header.section, header.idstr, header.instance_id, header.version_id,
                                         kind, type == SectionType::start});
  if (!kept) return fail(ParseErrc::too_many_names);
  open_section(header, kind, unit->raw);
  return true;
}

bool ForwardRun::section_repeated(SectionType type) {
  SectionHeader header;
  header.type = type;
  const auto unit = read(header, ParseErrc::bad_section_header);
  if (!unit) return false;
  const auto* info = tables_.section(header.section);
  if (info == nullptr || !info->iterative) return section_unknown(type);
  const auto kind = classify(tables_.name(info->idstr), type);  // not info's: vfio's FULL has replaced it
  open_section(
      {info->id, info->idstr, info->instance_id, info->version_id, type, state_.in_package, info->assumed},
      kind, unit->raw);
  return true;
}

/// A section whose START was not seen. There is one "ram", and its records can be recognised.
bool ForwardRun::section_unknown(SectionType type) {
  if (!tables_.incomplete || tables_.ram_section() != no_section) return fail(ParseErrc::unknown_section);
  const auto raw = want(5 + 8);
  if (!raw) return false;
  Lookahead ahead(*raw, true);
  if (probe_ram_word(ahead, 5, tables_) != Match::yes) return fail(ParseErrc::unknown_section);
  assume_ram(SectionId{load_be32(*raw, 1)});
  return section_repeated(type);
}

void ForwardRun::assume_ram(SectionId id) {
  const auto name = tables_.intern("ram");
  if (!name || !tables_.add_section({id, *name, 0, ram_version, SectionClass::ram, true, true}))
    fail(ParseErrc::too_many_names);
}

void ForwardRun::open_section(const SectionHeader& header, SectionClass kind, Bytes raw) {
  state_.section = header;
  state_.section_class = kind;
  state_.payload_offset = 0;
  state_.at = body_start(kind);
  // Without a RAM section to decide it, footers go with the configuration section: both came with
  // machine 2.4. Without either (xen-save-devices-state) the first device shows it.
  const bool unknown = state_.at == At::device_state && !tables_.footers;
  if (unknown && (tables_.has_configuration || tables_.incomplete)) tables_.footers = true;
  emit(header, raw);
  state_.in_section = true;
}

bool ForwardRun::step_footer() {
  const auto head = want(1);
  if (!head) return false;
  const bool present = load_u8(*head) == wire::vm_section_footer;
  if (!tables_.footers) tables_.footers = present;  // after the first RAM section: exactly known
  if (!*tables_.footers) {
    state_.at = At::element;
    return true;
  }
  if (!present) return fail(ParseErrc::expected_footer);
  SectionFooter body;
  const auto unit = read(body, ParseErrc::expected_footer);
  if (!unit) return false;
  footer(body, unit->raw);
  return true;
}

void ForwardRun::footer(SectionFooter body, Bytes raw) {
  const auto open = state_.section.section;
  const bool ram_unnamed = open == no_section && state_.section_class == SectionClass::ram;
  if (ram_unnamed && tables_.ram_section() == no_section) assume_ram(body.section);
  state_.at = At::element;
  body.expected = open == no_section ? body.section : open;
  body.in_package = state_.in_package;
  state_.in_section = false;
  emit(body, raw);
}

bool ForwardRun::end_mark() {
  if (state_.in_package) return fail(ParseErrc::unknown_element);
  const auto raw = in_.need(1);
  // A postcopy stream ends here; else the VM description may follow.
  state_.at = tables_.listening ? At::after_end : At::after_eof;
  state_.payload_offset = 0;
  emit(EndOfStream{}, *raw);
  return true;
}

bool ForwardRun::step_after_eof() {
  const auto head = in_.need(1);
  if (!head) return false;
  if (load_u8(*head) != wire::vm_description) {
    state_.at = At::after_end;
    return true;
  }
  VmDescription body;
  const auto unit = read(body, ParseErrc::bad_vm_description);
  if (!unit) return false;
  if (body.length > wire::max_vm_description) return fail(ParseErrc::bad_vm_description);
  start_payload(PayloadKind::vm_description, body.length, At::after_end);
  emit(body, unit->raw);
  return true;
}

// ---- gaps and the end ----

/// Bytes are missing: does the framing need them?
std::optional<Payload> ForwardRun::absorbs(std::uint64_t missing) {
  const bool endless = state_.at == At::after_end;
  const bool fits = state_.at == At::payload && state_.payload_left >= missing &&
                    (!state_.in_package || state_.package_left >= missing);
  if (!fits && !endless) return std::nullopt;
  return pass_payload(missing);
}

void ForwardRun::emit_missing(std::uint64_t missing, const std::optional<Payload>& of) {
  Base::emit_missing(missing, of);
  take_off_package(missing);
}

bool ForwardRun::may_end() {
  if (state_.at == At::device_state && finish_device_state()) return true;
  const bool between = state_.at == At::element || state_.at == At::footer || state_.at == At::after_eof ||
                       state_.at == At::after_end || (state_.preempt && state_.at == At::ram_record);
  const bool nothing_yet = state_.offset == 0 && state_.held.empty();
  return nothing_yet || (between && state_.held.empty() && !state_.in_package);
}

ForwardParser::ForwardParser(StreamTables& tables, ForwardStart start) : ChannelParser(tables, State()) {
  state_.preempt = start == ForwardStart::ram_records;
  if (start == ForwardStart::element) state_.at = ForwardState::At::element;
  if (start == ForwardStart::ram_records) state_.at = ForwardState::At::ram_record;
}

template class ChannelParser<ForwardState>;

}  // namespace mig
