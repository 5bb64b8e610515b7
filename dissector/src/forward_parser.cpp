// SPDX-License-Identifier: GPL-2.0-or-later
#include "mig/forward_parser.hpp"

#include <algorithm>
#include <array>

#include "forward_run.hpp"

namespace mig {
namespace {

bool printable(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c <= 0x7e; });
}

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

ForwardParser::At body_start(SectionClass kind) noexcept {
  using At = ForwardParser::At;
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

void ForwardParser::Run::all() {
  while (!in_.empty()) {
    if (state_.at == At::failed) return emit_unparsed();
    if (!step() && state_.at != At::failed) return;
  }
}

bool ForwardParser::Run::step() {
  switch (state_.at) {
    case At::file_header: return step_file_header();
    case At::after_header: return step_after_header();
    case At::after_configuration: return step_after_configuration();
    case At::capability: return step_capability();
    case At::element: return step_element();
    case At::footer: return step_footer();
    case At::device_state: return step_device_state();
    case At::payload:
    case At::after_end: return step_payload();
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

std::optional<Bytes> ForwardParser::Run::want(std::size_t n) noexcept {
  if (state_.in_package && n > state_.package_left) {
    fail(ParseErrc::package_overrun);
    return std::nullopt;
  }
  return in_.need(n);
}

std::optional<std::size_t> ForwardParser::Run::cstr_end(std::size_t at) noexcept {
  const auto head = want(at + 1);
  if (!head) return std::nullopt;
  return at + 1 + load_u8(*head, at);
}

void ForwardParser::Run::emit(const EventBody& body, Bytes raw) {
  const auto size = static_cast<std::uint32_t>(raw.size());  // in a package at most its length
  Emitter::emit(body, raw);
  if (!state_.in_package) return;
  state_.package_left -= size;
  if (state_.package_left == 0) end_package();
}

void ForwardParser::Run::end_package() {
  if (state_.at != At::element) {
    fail(ParseErrc::package_overrun);
    return;
  }
  state_.in_package = false;
  sink_.on_event(Event{{state_.offset, state_.offset}, PackageEnd{state_.package_length}}, {});
}

bool ForwardParser::Run::start_payload(PayloadKind kind, std::uint64_t size, At after) {
  if (state_.in_package && size > state_.package_left) return fail(ParseErrc::package_overrun);
  state_.payload_kind = kind;
  state_.payload_left = size;
  state_.payload_offset = 0;
  state_.after_payload = after;
  state_.at = size != 0 ? At::payload : after;
  return true;
}

bool ForwardParser::Run::step_payload() {
  const bool endless = state_.at == At::after_end;
  const auto piece = in_.piece(endless ? UINT64_MAX : state_.payload_left);
  const Payload body{endless ? PayloadKind::after_end : state_.payload_kind, state_.payload_offset};
  state_.payload_offset += piece.size();
  if (!endless && (state_.payload_left -= piece.size()) == 0) {
    state_.at = state_.after_payload;
    if (state_.at == At::after_end) state_.payload_offset = 0;
  }
  emit(body, piece);
  return true;
}

// ---- elements ----

bool ForwardParser::Run::step_element() {
  const auto head = want(1);
  if (!head) return false;
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

bool ForwardParser::Run::section_named(SectionType type) {
  const auto name_end = cstr_end(5);
  const auto raw = name_end ? want(*name_end + 8) : std::nullopt;
  if (!raw) return false;
  const auto name = as_text(raw->subspan(6, *name_end - 6));
  if (name.empty() || !printable(name)) return fail(ParseErrc::bad_section_header);
  const auto idstr = tables_.intern(name);
  const SectionId id{load_be32(*raw, 1)};
  const auto kind = classify(name, type);
  SectionHeader header{
      id,   idstr.value_or(no_name), load_be32(*raw, *name_end), load_be32(*raw, *name_end + 4),
      type, state_.in_package};
  const bool kept = idstr && tables_.add_section({id, *idstr, header.instance_id, header.version_id, kind,
                                                  type == SectionType::start});
  if (!kept) return fail(ParseErrc::too_many_names);
  open_section(header, kind, *raw);
  return true;
}

bool ForwardParser::Run::section_repeated(SectionType type) {
  const auto raw = want(5);
  if (!raw) return false;
  const auto* info = tables_.section(SectionId{load_be32(*raw, 1)});
  if (info == nullptr || !info->iterative) return fail(ParseErrc::unknown_section);
  const auto kind = classify(tables_.name(info->idstr), type);  // not info's: vfio's FULL has replaced it
  open_section({info->id, info->idstr, info->instance_id, info->version_id, type, state_.in_package}, kind,
               *raw);
  return true;
}

void ForwardParser::Run::open_section(const SectionHeader& header, SectionClass kind, Bytes raw) {
  state_.section = header;
  state_.section_class = kind;
  state_.payload_offset = 0;
  state_.at = body_start(kind);
  // Without a RAM section to decide it, footers go with the configuration section: both came with
  // machine 2.4.
  if (state_.at == At::device_state && !tables_.footers) tables_.footers = tables_.has_configuration;
  emit(header, raw);
}

bool ForwardParser::Run::step_footer() {
  const auto head = want(1);
  if (!head) return false;
  const bool present = load_u8(*head) == wire::vm_section_footer;
  if (!tables_.footers) tables_.footers = present;  // after the first RAM section: exactly known
  if (!*tables_.footers) {
    state_.at = At::element;
    return true;
  }
  if (!present) return fail(ParseErrc::expected_footer);
  const auto raw = want(5);
  if (!raw) return false;
  state_.at = At::element;
  emit(SectionFooter{SectionId{load_be32(*raw, 1)}, state_.section.section, state_.in_package}, *raw);
  return true;
}

bool ForwardParser::Run::end_mark() {
  if (state_.in_package) return fail(ParseErrc::unknown_element);
  const auto raw = in_.need(1);
  // A postcopy stream ends here; else the VM description may follow.
  state_.at = tables_.listening ? At::after_end : At::after_eof;
  state_.payload_offset = 0;
  emit(EndOfStream{}, *raw);
  return true;
}

bool ForwardParser::Run::step_after_eof() {
  const auto head = in_.need(1);
  if (!head) return false;
  if (load_u8(*head) != wire::vm_description) {
    state_.at = At::after_end;
    return true;
  }
  const auto raw = in_.need(5);
  if (!raw) return false;
  const auto length = load_be32(*raw, 1);
  if (length > wire::max_vm_description) return fail(ParseErrc::bad_vm_description);
  start_payload(PayloadKind::vm_description, length, At::after_end);
  emit(VmDescription{length}, *raw);
  return true;
}

// ---- gaps and the end ----

void ForwardParser::Run::skip(std::uint64_t missing) {
  all();  // what a look-ahead has held
  const bool endless = state_.at == At::after_end;
  const bool fits = state_.at == At::payload && state_.payload_left >= missing && !state_.in_package;
  if (fits || endless) {
    state_.payload_offset += missing;
    if (fits && (state_.payload_left -= missing) == 0) state_.at = state_.after_payload;
  } else if (state_.at != At::failed) {
    fail(ParseErrc::lost_bytes);
    emit_unparsed();
  }
  const auto begin = state_.offset;
  state_.offset += missing;
  sink_.on_event(Event{{begin, state_.offset}, Missing{}}, {});
}

void ForwardParser::Run::finish() {
  const bool between = state_.at == At::element || state_.at == At::footer || state_.at == At::after_eof ||
                       state_.at == At::after_end || (state_.preempt && state_.at == At::ram_record);
  const bool nothing_yet = state_.offset == 0 && state_.held.empty();
  if (state_.at == At::device_state && finish_device_state()) return;
  if (state_.at == At::failed || nothing_yet) return;
  if (between && state_.held.empty() && !state_.in_package) return;
  fail(ParseErrc::truncated);
  emit_unparsed();
}

ForwardParser::ForwardParser(StreamTables& tables, ForwardStart start) : tables_(&tables) {
  if (start == ForwardStart::element) state_.at = At::element;
  if (start == ForwardStart::ram_records) {
    state_.at = At::ram_record;
    state_.preempt = true;
  }
}

std::optional<ParseError> ForwardParser::feed(Bytes chunk, EventSink& sink) {
  Run(state_, *tables_, chunk, sink).all();
  return error();
}

std::optional<ParseError> ForwardParser::skip(std::uint64_t missing, EventSink& sink) {
  Run(state_, *tables_, {}, sink).skip(missing);
  return error();
}

std::optional<ParseError> ForwardParser::finish(EventSink& sink) {
  Run(state_, *tables_, {}, sink).finish();
  return error();
}

std::optional<ParseError> ForwardParser::error() const noexcept {
  if (state_.error.code == ParseErrc::none) return std::nullopt;
  return state_.error;
}

}  // namespace mig
