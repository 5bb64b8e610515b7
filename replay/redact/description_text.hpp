// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <string>
#include <string_view>

namespace mig::replay {

/// A VM description as it may be written, of the same length: its names stay, and a string that is no name of
/// QEMU's reads as `x`. Empty where `text` is no JSON.
[[nodiscard]] std::string description_text(std::string_view text);

}  // namespace mig::replay
