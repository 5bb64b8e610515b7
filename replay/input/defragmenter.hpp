// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <array>
#include <compare>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "mig/bytes.hpp"

namespace mig::replay {

/// What fragments of one datagram have in common.
struct DatagramId {
  std::array<std::uint8_t, 32> addresses{};
  std::uint32_t id = 0;
  std::uint8_t protocol = 0;
  friend auto operator<=>(const DatagramId&, const DatagramId&) = default;
};

/// Puts IP fragments together, in whatever order they come. Bounded: of more than `max_open` datagrams the
/// oldest is given up, and of one whose fragments overlap at most twice its maximum is kept. Fragments that
/// overlap with other bytes keep the first.
class Defragmenter {
 public:
  static constexpr std::size_t max_open = 64, max_datagram = 65535;
  /// The whole datagram's payload when this was what it lacked; borrowed until the next call of forget().
  [[nodiscard]] std::optional<Bytes> add(const DatagramId& id, std::size_t offset, bool more, Bytes payload);
  /// Datagrams that were returned are no longer needed.
  void forget() { whole_.clear(); }

 private:
  struct Datagram {
    std::map<std::size_t, std::vector<std::byte>> parts;  // by offset
    std::optional<std::size_t> size;                      // known from the last one
    std::size_t bytes = 0;                                // in `parts`
  };
  std::map<DatagramId, Datagram> open_;
  std::deque<DatagramId> order_;  // of open_, the oldest first
  std::deque<std::vector<std::byte>> whole_;
};

}  // namespace mig::replay
