// SPDX-License-Identifier: GPL-2.0-or-later
// Contents that are not at hand: somebody knows how many bytes they take, and where they end.
#include <array>
#include <utility>

#include "forward_run.hpp"

namespace mig {

/// What a look for the footer has held is none: where the state ends is said.
void ForwardRun::let_go_held_state() {
  const auto held = in_.piece(search_limit());
  if (state_.at != At::device_state || held.empty()) return;
  emit(pass_device_state(held.size()), held);
}

Payload ForwardRun::pass_device_state(std::uint64_t count) noexcept {
  return {PayloadKind::device_state, std::exchange(state_.payload_offset, state_.payload_offset + count)};
}

void ForwardRun::pass_contents(std::uint64_t count) {
  const auto body = state_.at == At::device_state ? pass_device_state(count) : pass_payload(count);
  emit_unseen(body, count);
  take_off_package(count);
}

std::uint64_t ForwardParser::contents_due() const noexcept {
  using At = ForwardState::At;
  switch (state_.at) {
    case At::payload: return state_.payload_left;
    case At::device_state: return state_.in_package ? state_.package_left : UINT64_MAX;
    case At::page_border:
    case At::after_end: return UINT64_MAX;
    default: return 0;
  }
}

std::uint64_t ForwardParser::pass_contents(std::uint64_t count, EventSink& sink) {
  // Where the first page ends is judged by what follows: contents are taken for what begins no record.
  static constexpr std::array<std::byte, 8> no_record{};
  if (state_.at == ForwardState::At::page_border) {
    const auto piece = std::min<std::uint64_t>(count, no_record.size());
    static_cast<void>(feed(Bytes(no_record).first(static_cast<std::size_t>(piece)), sink));
    return piece;
  }
  ForwardRun run(state_, *tables_, {}, sink);
  run.let_go_held_state();
  const auto size = std::min(count, contents_due());
  if (size != 0) run.pass_contents(size);
  return size;
}

void ForwardParser::end_device_state() noexcept {
  if (state_.at == ForwardState::At::device_state && state_.held.empty())
    state_.at = ForwardState::At::footer;
}

void ForwardParser::skip_pages(std::uint64_t size, const PagesCounted& counts, std::string_view block,
                               EventSink& sink) {
  ForwardRun(state_, *tables_, {}, sink).skip_pages(size, counts, block);
}

}  // namespace mig
