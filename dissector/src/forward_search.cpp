// SPDX-License-Identifier: GPL-2.0-or-later
// Gaps, the end of the stream, and how a forward channel finds its place again.
#include <utility>

#include "element_look.hpp"
#include "forward_run.hpp"
#include "ram_look.hpp"

namespace mig {

/// Bytes are missing: does the framing need them?
std::optional<Payload> ForwardRun::absorbs(std::uint64_t missing) {
  const bool endless = state_.at == At::after_end;
  const bool fits = state_.at == At::payload && state_.payload_left >= missing &&
                    (!state_.in_package || state_.package_left >= missing);
  if (!fits && !endless) return std::nullopt;
  const Payload piece{state_.payload_kind,
                      std::exchange(state_.payload_offset, state_.payload_offset + missing)};
  if (fits && (state_.payload_left -= missing) == 0) state_.at = state_.after_payload;
  return piece;
}

/// A package whose length is known goes on being counted, and may end within what is missing.
void ForwardRun::emit_missing(std::uint64_t missing, const std::optional<Payload>& of) {
  if (state_.in_package && state_.package_length != 0 && state_.at != At::failed) {
    const auto inside = std::min(missing, state_.package_left);
    Base::emit_missing(inside, of);
    state_.package_left -= inside;
    missing -= inside;
    if (state_.package_left == 0) end_package(missing == 0);
    if (missing == 0) return;
  } else if (state_.at == At::lost) {
    state_.in_package = false;  // it may have ended
  }
  Base::emit_missing(missing, of);
}

bool ForwardRun::may_end() {
  if (state_.at == At::device_state && finish_device_state()) return true;
  const bool between = state_.at == At::element || state_.at == At::footer || state_.at == At::after_eof ||
                       state_.at == At::after_end || (state_.preempt && state_.at == At::ram_record);
  const bool nothing_yet = state_.offset == 0 && state_.held.empty();
  return nothing_yet || (between && state_.held.empty() && !state_.in_package);
}

void ForwardRun::lost() noexcept {
  state_.chains.clear();
  state_.has_gaps = true;
  if (tables_.blocks().empty() || state_.blocks_left != 0) tables_.incomplete = true;
  state_.blocks_left = 0;
}

std::uint64_t ForwardRun::search_limit() const noexcept {
  return state_.in_package && state_.at != At::failed ? state_.package_left : UINT64_MAX;
}

/// Where a footer, a command or a RAM record may stand, or where a chain expects its next record.
std::size_t ForwardRun::next_place(Bytes bytes, std::size_t from) const noexcept {
  const auto due = next_due(state_.chains, state_.offset, bytes.size(), from);
  while (from < due && !may_begin_element(bytes.subspan(from)) && !may_begin_record(bytes.subspan(from)))
    ++from;
  return from;
}

Look ForwardRun::look(Peek& peek, std::uint64_t place) {
  Look elements;
  if (!state_.preempt) elements = look_at_elements(peek, tables_);
  if (elements.answer != Answer::no) return elements;
  if (state_.in_package) return {};  // no RAM in there
  return look_at_records(peek, place, tables_, state_.chains);
}

void ForwardRun::go_on(const Place& place) {
  state_.to_confirm = units_to_confirm;
  state_.section = {};
  state_.section.section = no_section;
  state_.section_class = SectionClass::device;
  state_.last_block = place.block;
  switch (place.anchor) {
    case Anchor::footer: state_.at = At::footer; break;
    case Anchor::command: state_.at = At::element; break;
    default:
      state_.at = At::ram_record;
      state_.section_class = SectionClass::ram;
      if (place.anchor == Anchor::ram_records) state_.section.section = tables_.ram_section();
      break;
  }
  if (place.anchor == Anchor::footer || place.anchor == Anchor::ram_eos) tables_.footers = true;
  if (place.page_size != 0 && tables_.page_size_source == PageSizeSource::assumed)
    tables_.know_page_size(place.page_size, PageSizeSource::observed);
}

}  // namespace mig
