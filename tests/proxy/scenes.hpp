// SPDX-License-Identifier: GPL-2.0-or-later
// postcopy_stream() in parts, so that a test can say what one of them becomes.
#pragma once
#include <optional>

#include "support/stream_builder.hpp"

namespace mig::test {

inline constexpr auto back = Direction::return_path;

/// The state that StreamBuilder::device() writes between header and footer.
[[nodiscard]] StreamBuilder device_state(std::uint32_t id, std::size_t size);

/// Header, configuration, PING 1, ADVISE, RAM setup.
[[nodiscard]] StreamBuilder before_switchover();
/// All of postcopy_stream() before its package, and all behind it.
[[nodiscard]] StreamBuilder before_package();
[[nodiscard]] StreamBuilder after_package();
/// postcopy_stream() with another package.
[[nodiscard]] StreamBuilder with_package(const StreamBuilder& inner,
                                         std::optional<std::uint32_t> length = {});

}  // namespace mig::test
