// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstdint>
#include <optional>

#include "mig/bytes.hpp"
#include "mig/event_sink.hpp"
#include "mig/held_bytes.hpp"
#include "mig/parse_error.hpp"
#include "mig/stream_tables.hpp"

namespace mig {

/// Where a forward channel begins.
enum class ForwardStart : std::uint8_t {
  file_header,  ///< main channel of a new migration
  element,      ///< main channel opened by postcopy recovery: no header, no configuration
  ram_records,  ///< preempt channel: RAM records and nothing else
};

/// Source -> destination: main, resumed main and preempt channels. I/O-free and incremental;
/// docs/architecture.md has the five rules it keeps.
class ForwardParser {
 public:
  /// What the next bytes are. One step_* function each.
  enum class At : std::uint8_t {
    file_header,
    after_header,
    after_configuration,
    capability,
    element,
    footer,
    device_state,
    payload,
    discard_range,
    ram_record,
    page_border,
    block_entry,
    block_page_size,
    block_address,
    mapped_ram_header,
    mapped_ram_pages,
    bitmap_chunk,
    bitmap_name,
    bitmap_body,
    block_chunk,
    vfio_record,
    htab_header,
    htab_record,
    s390_record,
    after_eof,
    after_end,
    failed,
  };

  /// Where the parser stands: a plain value, cheap to keep.
  struct State {
    HeldBytes held;
    std::uint64_t offset = 0;  // of the first byte not yet in an event
    std::uint64_t payload_left = 0;
    std::uint64_t payload_offset = 0;
    std::uint64_t blocks_left = 0;  // bytes of RAM that the block list has still to account for
    std::uint64_t last_offset = 0;  // of the page record before, for finding the page size
    std::uint32_t package_left = 0;
    std::uint32_t package_length = 0;
    std::uint32_t countdown = 0;  // capabilities, discard ranges still to come
    std::uint32_t bitmap_flags = 0;
    SectionHeader section;  // the open section
    SectionClass section_class = SectionClass::device;
    BlockId last_block = no_block;   // for CONTINUE; per channel, across sections
    BlockId entry_block = no_block;  // block list entry being read
    ParseError error;
    At at = At::file_header;
    At after_payload = At::element;
    PayloadKind payload_kind = PayloadKind::page;
    bool in_package = false;
    bool preempt = false;
  };

  /// `tables` outlive the parser.
  explicit ForwardParser(StreamTables& tables, ForwardStart start = ForwardStart::file_header);

  /// Accepts all of `chunk`. Returns the stream's first error, if there has been one.
  std::optional<ParseError> feed(Bytes chunk, EventSink& sink);
  /// `missing` bytes were lost (capture gap): emits Missing. Fine inside a payload of known length, else an
  /// error.
  std::optional<ParseError> skip(std::uint64_t missing, EventSink& sink);
  /// End of stream: held bytes come out as Unparsed; an unfinished unit is ParseErrc::truncated.
  std::optional<ParseError> finish(EventSink& sink);

  /// Accepted, not yet in an event.
  [[nodiscard]] Bytes held() const noexcept { return state_.held.bytes(); }
  [[nodiscard]] std::optional<ParseError> error() const noexcept;
  [[nodiscard]] State save() const noexcept { return state_; }
  void restore(const State& state) noexcept { state_ = state; }

 private:
  class Run;  // one call of feed(): state, cursor and sink together (src/forward_run.hpp)

  StreamTables* tables_;
  State state_;
};
static_assert(std::is_trivially_copyable_v<ForwardParser::State> && sizeof(ForwardParser::State) <= 512);

}  // namespace mig
