// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstdint>
#include <deque>

#include "mig/events.hpp"
#include "mig/history/blobs.hpp"

namespace mig::plugin {

/// An event that is no page and no payload, and how far the payload behind it reached so far.
struct Unit {
  Event event;
  std::uint64_t end = 0;
  std::uint64_t emitted = 0;  ///< it belongs to the stretch of the stream that holds this byte's end
  std::uint32_t exchange = no_exchange;  ///< what it asks or answers, see Exchanges
  std::uint32_t blob = no_blob;          ///< its bytes, kept for export
};

/// Page records that follow each other on the wire and in memory, all of one size and kind.
struct RecordRun {
  std::uint64_t begin = 0;         ///< stream offset of the first record
  std::uint64_t page_offset = 0;   ///< of the first page, in its block
  std::uint32_t count = 0;         ///< records
  std::uint32_t payload_size = 0;  ///< bytes behind each header
  BlockId block = no_block;
  std::uint16_t flags = 0;         ///< RAM_SAVE_FLAG_* of the first record
  std::uint16_t first_header = 0;  ///< bytes of the first header, which may name the block
  std::uint16_t iteration = 0;     ///< pass of precopy, from 1: see PageLedger
  std::uint8_t header = 0;         ///< bytes of the other headers
  std::uint8_t page_bits = 0;      ///< log2 of the distance between two pages
  PageEncoding encoding = PageEncoding::plain;
  std::uint8_t fill = 0;
  bool again = false;    ///< these pages had been sent before
  bool multifd = false;  ///< offsets of a multifd packet, whose payload follows them all

  [[nodiscard]] std::uint64_t record_begin(std::uint32_t i) const noexcept {
    return i == 0 ? begin : begin + first_size() + std::uint64_t{i - 1} * size();
  }
  [[nodiscard]] std::uint64_t header_end(std::uint32_t i) const noexcept {
    return record_begin(i) + (i == 0 ? first_header : header);
  }
  [[nodiscard]] std::uint64_t end() const noexcept { return record_begin(count); }
  [[nodiscard]] std::uint64_t page(std::uint32_t i) const noexcept {
    return page_offset + (std::uint64_t{i} << page_bits);
  }
  /// The first record whose header ends behind `offset`; `count` if none does.
  [[nodiscard]] std::uint32_t first_ending_behind(std::uint64_t offset) const noexcept;
  /// The event that record `i` was.
  [[nodiscard]] Event event(std::uint32_t i) const noexcept;

 private:
  [[nodiscard]] std::uint64_t first_size() const noexcept { return first_header + payload_size; }
  [[nodiscard]] std::uint64_t size() const noexcept { return header + payload_size; }
};
static_assert(sizeof(RecordRun) <= 48);

/// What is known of a page besides its record.
struct PageNote {
  std::uint8_t page_bits = 12;
  std::uint16_t iteration = 1;
  bool again = false;
};

/// All units of one direction of a connection, in stream order: what later visits draw.
class UnitIndex {
 public:
  /// Adds an event that is neither page nor payload. The unit stays where it is.
  Unit& add(const Event& event);
  void add_page(const Event& event, const PageNote& note);
  /// Bytes that belong to the last unit or page.
  void add_payload(const Event& event);

  [[nodiscard]] const std::deque<Unit>& units() const noexcept { return units_; }
  [[nodiscard]] std::deque<Unit>& units() noexcept { return units_; }
  [[nodiscard]] const std::deque<RecordRun>& runs() const noexcept { return runs_; }

 private:
  bool extend(const RecordRun& next);

  std::deque<Unit> units_;
  std::deque<RecordRun> runs_;
  std::size_t owner_ = 0;  // the unit whose payload may come: the last one that is no gap
  bool run_is_last_ = false;
};

}  // namespace mig::plugin
