// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <optional>
#include <string>
#include <variant>

#include "replay/events/event_line.hpp"

namespace mig::replay {

/// What a line has under a name: a number or a text.
using LineValue = std::variant<double, std::uint64_t, std::string>;

/// nullopt: the line has nothing of this name.
[[nodiscard]] std::optional<LineValue> line_value(const EventLine& line, std::string_view name, Time start);

}  // namespace mig::replay
