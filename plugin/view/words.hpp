// SPDX-License-Identifier: GPL-2.0-or-later
// Text for people. These functions never throw and touch nothing of Wireshark's, so their callers may.
#pragma once
#include <string_view>

#include "mig/events.hpp"
#include "mig/history/migration.hpp"
#include "mig/stream_tables.hpp"
#include "plugin/model/slices.hpp"
#include "plugin/view/line.hpp"

namespace mig::plugin {

/// Pages of one block, shown as one run.
struct PageGroup {
  StreamRange range;
  BlockId block = no_block;
  std::uint64_t first = 0, last = 0;  ///< lowest and highest page offset
  std::uint32_t pages = 0;            ///< zero pages not counted
  std::uint32_t zero_pages = 0;
  std::uint64_t bytes = 0;       ///< contents of the pages
  std::uint64_t zero_bytes = 0;  ///< memory that zero pages stand for

  [[nodiscard]] bool empty() const noexcept { return pages + zero_pages == 0; }
  /// Adds the records of a slice, if they are of the same block.
  bool add(const Slice& slice) noexcept;
};

/// What a unit is called: "PING 0x42 (package loaded?)", "Device i8259".
[[nodiscard]] Line title_of(const Event& event, const StreamTables& tables) noexcept;
/// "pc.ram 47 pages 0x0-0x2e000, 39 zero".
[[nodiscard]] Line title_of(const PageGroup& group, const StreamTables& tables) noexcept;
/// The payload of what was recognised before: "page pc.ram 0x3000", "state of i8259".
[[nodiscard]] Line payload_title(const Slice& slice, const StreamTables& tables) noexcept;
/// A block's name; a page's is unknown where a loss hid it.
[[nodiscard]] Line block_words(const StreamTables& tables, BlockId block) noexcept;
/// What a page request asked for, of whatever offset: "page of pc.ram".
[[nodiscard]] Line page_words(const Slice& slice, const StreamTables& tables) noexcept;
/// The flags of a page's record: "0x0022 (ZERO, CONTINUE)".
[[nodiscard]] Line flag_words(std::uint16_t flags) noexcept;
/// "phase postcopy-device".
[[nodiscard]] Line phase_words(Phase phase) noexcept;
/// `text` with everything that is not printable ASCII written as \xNN.
[[nodiscard]] Line printable(std::string_view text) noexcept;
/// True for units that the Info column passes over: what follows from the others.
[[nodiscard]] bool is_silent(const EventBody& body) noexcept;

}  // namespace mig::plugin
