// SPDX-License-Identifier: GPL-2.0-or-later
// One call of ForwardParser::feed(): the state, the bytes and the sink together, and one step per State::at.
// Its members are spread over forward_parser.cpp (framing), configuration.cpp, commands.cpp, ram_records.cpp,
// footer_scan.cpp and iterative_sections.cpp.
#pragma once
#include "cursor.hpp"
#include "mig/forward_parser.hpp"
#include "mig/wire.hpp"

namespace mig {

class ForwardParser::Run : Emitter<State> {
 public:
  Run(State& state, StreamTables& tables, Bytes chunk, EventSink& sink) noexcept
      : Emitter(state, chunk, sink), tables_(tables) {}

  void all();
  void skip(std::uint64_t missing);
  void finish();

 private:
  /// Takes one unit, or a part of one. False: more bytes are needed, or the parser has failed.
  bool step();

  // Framing.
  bool step_file_header();
  bool step_after_header();
  bool step_after_configuration();
  bool subsection(std::string_view name, std::size_t name_end);
  bool step_capability();
  bool step_element();
  bool section_named(SectionType type);
  bool section_repeated(SectionType type);
  void open_section(const SectionHeader& header, SectionClass kind, Bytes raw);
  bool step_footer();
  bool end_mark();
  bool step_payload();
  bool step_after_eof();

  // Commands.
  bool step_command();
  bool command_body(CommandType type, std::uint16_t length);
  bool advise(std::uint16_t length);
  bool packaged();
  bool discard(std::uint16_t length);
  bool step_discard_range();
  bool recv_bitmap(std::uint16_t length);

  // RAM.
  bool step_ram_record();
  bool page(std::uint64_t word);
  bool page_header(PageRecord& record, std::size_t& size);
  bool page_tail(PageRecord& record, std::size_t size);
  bool step_page_border();
  [[nodiscard]] bool starts_record(std::uint64_t word) const noexcept;
  bool block_list(std::uint64_t word, Bytes raw);
  bool step_block_entry();
  bool step_block_page_size();
  bool step_block_address();
  bool step_mapped_ram_header();
  bool step_mapped_ram_pages();
  void next_block_field(At after);
  [[nodiscard]] At after_block_list() const noexcept;

  // Device state: ends where a plausible footer stands.
  bool step_device_state();
  enum class Guess : std::uint8_t { footer, not_footer, undecided };
  Guess judge_candidate();
  Guess judge_next(std::uint8_t type, bool own_footer);
  Guess judge_named(bool own_footer);
  template <class Plausible>
  Guess judge(std::size_t n, Plausible plausible);
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

  /// need(), but a unit that would reach beyond its package is an error.
  std::optional<Bytes> want(std::size_t n) noexcept;
  /// Emitter::emit(), and the package's account. The state is to be that after the event already.
  void emit(const EventBody& body, Bytes raw);
  void end_package();
  bool fail(ParseErrc code) noexcept { return Emitter::fail(code), false; }
  /// `size` bytes of payload come next, then `after`. False: it would reach beyond the package.
  bool start_payload(PayloadKind kind, std::uint64_t size, At after);
  /// A cstr whose length byte stands at `at`: its end, or nullopt while bytes are missing or the parser has
  /// failed.
  std::optional<std::size_t> cstr_end(std::size_t at) noexcept;

  StreamTables& tables_;
};

}  // namespace mig
