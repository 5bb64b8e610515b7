// SPDX-License-Identifier: GPL-2.0-or-later
// The subcommands of migvalidate. Each adds itself and, when it was given, is run by what it returns.
#pragma once

#include <filesystem>
#include <functional>

#include "validate/scenario/scenario.hpp"

namespace CLI {
class App;
}

namespace mig::validate {

enum ExitCode { fine = 0, unexpected = 1, wrong_usage = 2, could_not_run = 4, interrupted = 130 };

using Command = std::function<int()>;

[[nodiscard]] Command add_list(CLI::App& app);
[[nodiscard]] Command add_explain(CLI::App& app);
[[nodiscard]] Command add_run(CLI::App& app);
[[nodiscard]] Command add_sweep(CLI::App& app);
[[nodiscard]] Command add_merge(CLI::App& app);
[[nodiscard]] Command add_judge(CLI::App& app);
[[nodiscard]] Command add_demo(CLI::App& app);

/// Prints that nothing was run; `could_not_run`.
[[nodiscard]] int nothing_was_run();

/// --through, of all commands to which the driver makes a difference.
void add_driver_option(CLI::App& command, DriverKind& driver);

/// --migreplay, and that it is there (an empty path: it is not asked for). Throws CouldNotRun.
void add_migreplay(CLI::App& command, std::filesystem::path& migreplay);
void check_migreplay(const std::filesystem::path& migreplay);

[[nodiscard]] std::filesystem::path beside_us(const char* name);

}  // namespace mig::validate
