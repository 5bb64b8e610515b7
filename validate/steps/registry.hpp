// SPDX-License-Identifier: GPL-2.0-or-later
// Every kind of step, by the key that its table begins with.
#pragma once

#include <memory>
#include <string>

#include "validate/scenario/step.hpp"
#include "validate/toml/table_reader.hpp"

namespace mig::validate {

/// Reads one step: `{ wait-status = "completed", side = "source" }`. Throws Refusal.
[[nodiscard]] std::shared_ptr<const Step> read_step(const Node& node, const std::string& file);
/// The same from text, `{ kill = "source" }, { sleep = 1 }`: for steps that no file gives. Throws Refusal.
[[nodiscard]] Steps steps_of(const std::string& text);

}  // namespace mig::validate
