// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "mig/events.hpp"
#include "mig/history/page_set.hpp"

namespace mig::plugin {

inline constexpr std::uint32_t no_exchange = 0xffffffff;

/// A frame and its time in nanoseconds.
struct Moment {
  std::uint32_t frame = 0;  ///< 0: not yet
  std::int64_t time = 0;
};

/// A question and its answer, or a beginning and its end.
struct Exchange {
  enum class Kind : std::uint8_t { ping, pages, package, bitmap, resume };
  Moment request;
  Moment response;
  std::uint32_t count = 0;  ///< package: device sections; pages: pages that are still to come
  Kind kind = Kind::ping;
  bool sent_before = false;          ///< pages: they had been sent before the request was seen
  std::uint32_t same = no_exchange;  ///< an earlier exchange that waits for the same pages
};

/// The exchanges of one migration. A unit refers to its own by number.
class Exchanges {
 public:
  std::uint32_t ask(Exchange::Kind kind, std::uint64_t key, Moment when);
  /// The oldest open exchange of this kind and key; it is then closed.
  std::optional<std::uint32_t> answer(Exchange::Kind kind, std::uint64_t key, Moment when);

  /// Pages `first` to `first + count - 1` of a block are asked for.
  std::uint32_t ask_pages(BlockId block, std::uint64_t first, std::uint64_t count, const PageSet& sent,
                          Moment when);
  /// A page came; the exchange that it completes.
  std::optional<std::uint32_t> page(BlockId block, std::uint64_t page, Moment when);

  [[nodiscard]] Exchange& operator[](std::uint32_t number) { return all_[number]; }
  [[nodiscard]] const Exchange& operator[](std::uint32_t number) const { return all_[number]; }

 private:
  struct Open {
    Exchange::Kind kind;
    std::uint64_t key;
    std::uint32_t number;
  };
  struct Awaited {
    std::uint64_t end;
    std::uint32_t number;
  };
  std::deque<Exchange> all_;
  std::deque<Open> open_;
  std::map<std::pair<BlockId, std::uint64_t>, Awaited> awaited_;  // by block and first page
};

}  // namespace mig::plugin
