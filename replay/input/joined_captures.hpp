// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "replay/input/packet_source.hpp"

namespace mig::replay {

/// A file of several that are one capture.
struct CapturePart {
  std::string path;
  Time first{};                ///< of its packets, by its own clock
  Time clock_ahead{};          ///< of the first part's
  std::optional<Time> within;  ///< half of what `clock_ahead` may be wrong by; nullopt: it is the same clock
};
/// In the order of their first packets, by the first one's clock.
using CaptureParts = std::vector<CapturePart>;

/// Which files are one capture: those that continue a connection of another one (rotation: tcpdump -C, -G),
/// and those with packets of a connection that another one has, too (captured on both hosts). Reads all of
/// them once. Files that are no captures, or that cannot be read twice, are each alone. In the order of the
/// files.
[[nodiscard]] std::vector<CaptureParts> join_captures(const std::vector<std::string>& paths);

/// The packets of all parts by the first one's clock; numbers count on from part to part.
[[nodiscard]] std::unique_ptr<PacketSource> open_joined(const CaptureParts& parts);

}  // namespace mig::replay
