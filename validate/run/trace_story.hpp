// SPDX-License-Identifier: GPL-2.0-or-later
// Which lines of migproxy's trace belong into a story told to people, and how they read there.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mig::validate {

/// `text` is a trace line without its clock: "m1 c1 main         --> ping value=0x42". The story keeps what
/// happens once (turning points, faults, connections, PINGs and PONGs, the package) and leaves out what
/// repeats.
[[nodiscard]] std::optional<std::string> story_of(std::string_view text);

}  // namespace mig::validate
