// SPDX-License-Identifier: GPL-2.0-or-later
// What several kinds of steps read and say alike.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "validate/run/step_context.hpp"
#include "validate/toml/table_reader.hpp"

namespace mig::validate {

inline constexpr Seconds wait_limit = 30;

[[nodiscard]] Side read_side(TableReader& step, std::string_view key = "side");
/// `within`, in seconds.
[[nodiscard]] Seconds read_within(TableReader& step, Seconds otherwise = wait_limit);
/// `expect`: nothing where either will do.
[[nodiscard]] std::optional<Answer> read_expected(TableReader& step);
/// What a command was answered, against what is expected; a refusal has to contain `error`.
[[nodiscard]] StepResult answered(const QmpReply& reply, std::optional<Answer> expected,
                                  const std::string& error = {});

/// Of a step that needs migproxy, in a run without it.
[[nodiscard]] StepResult without_proxy();

/// "the source's "
[[nodiscard]] std::string of(Side side);
/// "0.3 s"
[[nodiscard]] std::string duration_text(Seconds value);
/// "a or b"
[[nodiscard]] std::string any_of(const std::vector<std::string>& words);
[[nodiscard]] bool is_one_of(const std::vector<std::string>& list, const std::string& word);

}  // namespace mig::validate
