// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <map>
#include <utility>

#include "replay/capture_decoder.hpp"

namespace mig::replay {

/// The units of a capture by their kinds, sizes, places and times, without what is in them and without what
/// could not be read. Two captures with the same ones compare equal.
class Structure final : public Consumer {
 public:
  void event(const EventContext& context, const Event& event, Bytes raw) override;
  void closed(const EventContext& context, bool reset) override;
  [[nodiscard]] std::uint64_t units() const noexcept;
  friend bool operator==(const Structure& a, const Structure& b) { return a.directions_ == b.directions_; }

 private:
  struct DirectionState {
    std::uint64_t units = 0;
    std::uint64_t hash = 0xcbf29ce484222325;
    bool ended = false;
    bool payload = false;  // the event before was a piece of one
    void add(std::uint64_t number) noexcept { hash = (hash ^ number) * 0x100000001b3; }
    friend bool operator==(const DirectionState& a, const DirectionState& b) {
      return a.units == b.units && (a.units == 0 || a.hash == b.hash);
    }
  };
  std::map<std::pair<ConnectionId, Direction>, DirectionState> directions_;
};

}  // namespace mig::replay
