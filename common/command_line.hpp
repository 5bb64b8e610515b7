// SPDX-License-Identifier: GPL-2.0-or-later
// The command line of every program: one manner of help, errors and completion.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "common/completion.hpp"

namespace mig {

/// Adds --help, --version and --completion, and parses the words behind the program's name. Nothing: the
/// program is to go on. Else its exit status: 0 after help, version or completion have been printed, 2 after
/// standard error says what is wrong and what may have been meant. Help is folded to the terminal: of a
/// footer, lines that begin with a blank stay as they are, others are paragraphs.
[[nodiscard]] std::optional<int> parse_command_line(CLI::App& app, std::vector<std::string> words,
                                                    const OwnValues& own = {});

}  // namespace mig
