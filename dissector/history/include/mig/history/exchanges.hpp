// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstdint>
#include <deque>
#include <optional>
#include <string_view>

#include "mig/history/facts.hpp"

namespace mig {

inline constexpr std::uint32_t no_exchange = 0xffffffff;
/// How many are kept of a migration: enough to see which PING waits, and enough to show all of them.
inline constexpr std::size_t few_exchanges = 64, many_exchanges = 1U << 16;

/// A question and its answer, or a beginning and its end.
struct Exchange {
  enum class Kind : std::uint8_t { ping, pages, package, bitmap, resume };
  Place request;
  Sighting response;        ///< not set: not yet
  std::uint32_t value = 0;  ///< of a PING
  std::uint32_t count = 0;  ///< package: device sections
  Kind kind = Kind::ping;
  bool in_package = false;           ///< ping
  bool sent_before = false;          ///< pages: the first of them had been sent before the request
  std::uint32_t same = no_exchange;  ///< an earlier exchange that waits for the same pages
  /// Nanoseconds; only of one that was answered.
  [[nodiscard]] std::int64_t took() const noexcept { return response->ns - request.when.ns; }
};

/// What an unanswered PING waits for, in plain words.
[[nodiscard]] std::string_view waits_for(const Exchange& ping) noexcept;

/// What source and destination of one migration ask each other, and when it was answered: PING and PONG, the
/// bitmaps and the RESUME of a recovery; a package and its end. Each has a number. Requests of pages are
/// added by whoever follows pages, see PageRequests.
class Exchanges {
 public:
  /// At most `limit` of them are kept, the first ones.
  explicit Exchanges(std::size_t limit = SIZE_MAX) : limit_(limit) {}

  /// A unit that is no page. The number of what it asks, or answers; no_exchange: neither, or its question
  /// was not seen.
  std::uint32_t unit(const EventBody& body, const Place& at);
  /// no_exchange: there is no more room.
  std::uint32_t add(const Exchange& exchange);

  [[nodiscard]] const std::deque<Exchange>& all() const noexcept { return all_; }
  [[nodiscard]] Exchange& operator[](std::uint32_t number) { return all_[number]; }
  [[nodiscard]] const Exchange& operator[](std::uint32_t number) const { return all_[number]; }

 private:
  struct Noter;
  struct Open {
    Exchange::Kind kind;
    std::uint64_t key;
    std::uint32_t number;
  };
  std::uint32_t ask(Exchange::Kind kind, std::uint64_t key, const Place& at);
  std::uint32_t answer(Exchange::Kind kind, std::uint64_t key, const When& when);

  std::size_t limit_;
  std::deque<Exchange> all_;
  std::deque<Open> open_;
  std::optional<std::uint32_t> package_;  // the one that is open
};

}  // namespace mig
