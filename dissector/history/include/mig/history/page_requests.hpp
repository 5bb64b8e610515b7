// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstdint>
#include <deque>
#include <map>
#include <utility>
#include <vector>

#include "mig/history/exchanges.hpp"
#include "mig/history/facts.hpp"
#include "mig/history/page_set.hpp"

namespace mig {

/// A range of a block that the destination asked for, and when its pages passed.
struct PageRange {
  BlockId block = no_block;
  std::uint64_t start = 0;
  std::uint32_t length = 0;        ///< bytes: one page of the host, which may be many of the target
  Place request;                   ///< the first one
  Sighting first_byte, last_byte;  ///< of the first and of the last page of the range
  ChannelKind channel = ChannelKind::unknown;  ///< on which the last page came
  unsigned repeated = 0;                       ///< how many times it was asked for again while it was awaited
  std::uint32_t number = no_exchange;          ///< in Exchanges, if it is kept there: of the newest request
  std::uint64_t pages_left = 0;
};

/// Pairs each page request of one migration with the pages that satisfy it, on whichever channel they come.
///
/// A range is awaited from the first request for it. Its first byte is the first header of one of its pages
/// that passes after the request, its last byte the end of the page that makes it whole. Pages of it that
/// passed before the request count as there; when all did (request and page crossed on the wire) the request
/// is `already_sent`. A page of which a part passed before and a part after counts with a
/// first byte of 0. After a recovery every page counts as not sent: the destination asks again for what it
/// lacks.
class PageRequests {
 public:
  static constexpr std::size_t max_awaited = 1U << 16;  ///< ranges awaited at one time
  static constexpr std::size_t max_passed = 1024;       ///< pages that a request may be seen behind

  enum class Asked : std::uint8_t {
    awaited,       ///< from now on
    repeated,      ///< it was awaited already
    already_sent,  ///< all of it has passed
    unplaced,      ///< of a block whose name was not captured
    not_watched,   ///< more are awaited than are watched
  };
  struct Request {
    Asked asked = Asked::awaited;
    BlockId block = no_block;    ///< found, where the request that names it was not captured
    PageRange* range = nullptr;  ///< awaited or repeated; until the next call
  };
  /// A page all of which has passed. The directions of a connection are seen one ahead of the other where a
  /// capture has gaps, so a request may be seen after its page and have passed before it.
  struct Passed {
    BlockId block = no_block;
    std::uint64_t offset = 0;
    When first, last;  ///< its header, its last byte
    ChannelKind channel = ChannelKind::unknown;
  };

  Request ask(const PageRequest& request, const Place& at, const StreamTables& tables,
              std::uint32_t number = no_exchange);
  /// Only of postcopy.
  void passed(const Passed& page, const StreamTables& tables);
  /// A recovery began: what was in flight is lost, and only whole pages of the host were kept.
  void recovered(const StreamTables& tables);

  /// Ranges that became whole since this was called last; without last_byte: all of it had passed before its
  /// request.
  [[nodiscard]] std::vector<PageRange> take_answered() { return std::exchange(answered_, {}); }
  [[nodiscard]] const auto& awaited() const noexcept { return awaited_; }

 private:
  using Key = std::pair<BlockId, std::uint64_t>;
  void arrive(const Passed& page);

  PageSet sent_;
  std::map<Key, PageRange> awaited_;
  std::deque<Passed> passed_;  // the newest
  std::vector<PageRange> answered_;
};

}  // namespace mig
