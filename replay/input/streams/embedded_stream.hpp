// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstdint>
#include <vector>

namespace mig::replay {

/// Offsets in a file at which a migration stream seems to begin: the file header, and an element or a
/// configuration that fits behind it. At most `max_found`.
[[nodiscard]] std::vector<std::uint64_t> find_streams(int fd);
inline constexpr std::size_t max_found = 8;

}  // namespace mig::replay
