// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstdint>

#include "mig/events.hpp"

namespace mig {

/// Page records that followed each other in one direction of a connection, counted: a migration has millions.
struct PageRun {
  std::uint64_t offset = 0;        ///< of the first record in the stream
  std::uint64_t pages = 0;         ///< with their bytes
  std::uint64_t page_bytes = 0;    ///< of those, as on the wire; of multifd pages none are known here
  std::uint64_t zero_pages = 0;    //
  std::uint64_t xbzrle_pages = 0;  ///< of `pages`
  std::uint64_t zero_bytes = 0;    ///< of the records of zero pages
  std::uint64_t length = 0;        ///< of all records, with their page data
  BlockId block = no_block;        ///< of the last record

  [[nodiscard]] bool empty() const noexcept { return pages + zero_pages == 0; }
  /// False: the event is no page record, and not added.
  bool add(const Event& event) noexcept {
    if (const auto* page = std::get_if<PageRecord>(&event.body)) {
      add(event, page->block, page->encoding == PageEncoding::zero, page->payload_size);
      if (page->encoding == PageEncoding::xbzrle) ++xbzrle_pages;
      return true;
    }
    const auto* listed = std::get_if<MultifdPage>(&event.body);
    if (listed != nullptr) add(event, listed->block, listed->zero, 0);
    return listed != nullptr;
  }

 private:
  void add(const Event& event, BlockId of, bool zero, std::uint32_t payload) noexcept {
    if (empty()) offset = event.range.begin;
    ++(zero ? zero_pages : pages);
    (zero ? zero_bytes : page_bytes) += zero ? event.range.size() : payload;
    length += event.range.size() + payload;
    block = of;
  }
};

}  // namespace mig
