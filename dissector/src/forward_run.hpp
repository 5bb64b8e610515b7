// SPDX-License-Identifier: GPL-2.0-or-later
// One step per ForwardState::At. Its members are spread over forward_parser.cpp (framing, gaps),
// configuration.cpp, commands.cpp, ram_records.cpp, footer_scan.cpp and iterative_sections.cpp.
#pragma once
#include <type_traits>

#include "channel_run.hpp"
#include "lookahead.hpp"
#include "mig/forward_parser.hpp"
#include "mig/wire.hpp"

namespace mig {

class ForwardRun : public ChannelRun<ForwardRun, ForwardState> {
 public:
  using Base = ChannelRun<ForwardRun, ForwardState>;
  using Base::Base;

 private:
  friend Base;
  bool step();

  // What an event says of its unit.
  template <class Body>
  [[nodiscard]] Extent extent_of(const Body& body) const noexcept;
  [[nodiscard]] std::uint32_t unit_left() const noexcept;
  [[nodiscard]] std::uint32_t left_by_state() const noexcept;

  // Gaps and the end.
  std::optional<Payload> absorbs(std::uint64_t missing);
  void emit_missing(std::uint64_t missing, const std::optional<Payload>& of);
  bool may_end();

  // Framing.
  bool step_file_header();
  bool step_after_header();
  bool step_after_configuration();
  bool subsection(std::string_view idstr);
  bool target_page_bits();
  bool capabilities();
  bool step_capability();
  bool step_element();
  bool section_named(SectionType type);
  bool section_repeated(SectionType type);
  bool section_unknown(SectionType type);
  void assume_ram(SectionId id);
  void open_section(const SectionHeader& header, SectionClass kind, Bytes raw);
  bool step_footer();
  void footer(SectionFooter body, Bytes raw);
  bool end_mark();
  bool step_after_end();
  Payload pass_payload(std::uint64_t count) noexcept;
  void payload_ended() noexcept;
  void take_off_package(std::uint64_t count);
  bool step_after_eof();

  // Commands.
  bool step_command();
  bool command_body(CommandType type, std::uint16_t length);
  bool ping();
  bool advise(std::uint16_t length);
  bool packaged();
  bool discard(std::uint16_t length);
  bool step_discard_range();
  bool recv_bitmap();

  // RAM.
  bool step_ram_record();
  bool zero_page_run();
  bool page(std::uint64_t word);
  bool place(PageRecord& record, std::string_view name);
  bool page_body(const PageRecord& record);
  bool step_page_border();
  [[nodiscard]] bool starts_record(std::uint64_t word) const noexcept;
  bool block_list(std::uint64_t word, Bytes raw);
  bool step_block_entry();
  bool step_block_page_size();
  bool step_block_address();
  bool step_mapped_ram_header();
  bool step_mapped_ram_pages();
  void next_block_field(At after);
  [[nodiscard]] At after_block_list() noexcept;

  // Device state: ends where a plausible footer stands.
  bool step_device_state();
  /// How far ahead it may scan: to the package's end.
  [[nodiscard]] std::uint64_t package_limit() const noexcept {
    return state_.in_package ? state_.package_left : UINT64_MAX;
  }
  bool step_package_tail();
  void device_state(Bytes raw);
  Match judge_candidate(bool footer);
  Match judge_footer(Lookahead& ahead) const;
  Match judge_next(Lookahead& ahead, std::uint8_t type, bool own_footer) const;
  bool finish_device_state();

  // Other iterative sections.
  bool step_bitmap_chunk();
  bool step_bitmap_name();
  bool step_bitmap_body();
  void next_bitmap_part(At after);
  bool step_block_chunk();
  bool step_vfio_record();
  bool step_htab_header();
  bool step_htab_record();
  bool step_s390_record();

  /// Cursor::need(), but a unit that would reach beyond its package is an error.
  std::optional<Bytes> want(std::size_t n) noexcept;
  /// ChannelRun::emit(), and the package's account.
  template <class Body>
  void emit(const Body& body, Bytes raw);
  void end_package();
  void open_package(std::uint64_t left, std::uint32_t length) noexcept;
  /// `size` bytes of payload come next, then `after`. False: it would reach beyond the package.
  bool start_payload(PayloadKind kind, std::uint64_t size, At after);
  /// A cstr whose length byte stands at `at`: its end, or nullopt while bytes are missing or the parser has
  /// failed.
  std::optional<std::size_t> cstr_end(std::size_t at) noexcept;
  /// The block of that name; where the block list was not seen, a name is believed. nullopt: there is none.
  std::optional<BlockId> block_named(std::string_view name);
};

// Inline: every record of every page goes through them.

inline std::uint32_t ForwardRun::unit_left() const noexcept {
  if (state_.at == At::ram_record) return 0;
  const bool page = state_.at == At::payload && state_.after_payload == At::ram_record;
  return page ? as_left(state_.payload_left) : left_by_state();
}

template <class Body>
Extent ForwardRun::extent_of(const Body& body) const noexcept {
  if constexpr (std::is_same_v<Body, SectionHeader>) {
    return {Extent::unknown, Level::section, Level::none, false};
  } else if constexpr (std::is_same_v<Body, SectionFooter>) {
    return {0, Level::unit, Level::section, true};
  } else if constexpr (std::is_same_v<Body, PackageBegin>) {
    return {body.length, Level::package, Level::none, false};
  } else {
    auto extent = Base::extent_of(body);
    if constexpr (Layout<Body>::role != Role::aside || std::is_same_v<Body, Payload>)
      extent.in_section = state_.in_section;
    if constexpr (std::is_same_v<Body, Payload>) {  // behind the end of the stream: bytes of no known unit
      if (body.kind == PayloadKind::after_end)
        return {Extent::unknown, body.offset == 0 ? Level::unit : Level::none, Level::none, false};
    }
    return extent;
  }
}

inline std::optional<Bytes> ForwardRun::want(std::size_t n) noexcept {
  if (state_.in_package && n > state_.package_left) {
    fail(ParseErrc::package_overrun);
    return std::nullopt;
  }
  return in_.need(n);
}

template <class Body>
void ForwardRun::emit(const Body& body, Bytes raw) {
  const auto size = raw.size();
  Base::emit(body, raw);
  take_off_package(size);
}

inline void ForwardRun::take_off_package(std::uint64_t count) {
  if (!state_.in_package || state_.at == At::failed) return;
  state_.package_left -= count;
  if (state_.package_left == 0) end_package();
}

}  // namespace mig
