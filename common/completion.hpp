// SPDX-License-Identifier: GPL-2.0-or-later
// Completion in bash, zsh and fish. The scripts ask the program itself, so that they know all it knows.
#pragma once
#include <functional>
#include <string>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace mig {

struct Candidate {
  std::string word;
  std::string help;
};

/// The values of an option or positional argument that only the program knows. `typed` is what is there of
/// it; those that do not begin with it are left out by the caller.
using OwnValues = std::function<std::vector<Candidate>(const CLI::Option& option, const std::string& typed)>;

/// What may stand at the end of `words`, which are those behind the program's name; the last one is being
/// typed. Lines for the scripts: first `files` (names of files fit, too), `open` (no blank is to follow) or
/// `words`; then one candidate a line, a tab, and its help.
[[nodiscard]] std::string complete(const CLI::App& app, const std::vector<std::string>& words,
                                   const OwnValues& own);

/// All subcommands, given or not.
[[nodiscard]] std::vector<const CLI::App*> commands_of(const CLI::App& app);

/// The script for "bash", "zsh" or "fish"; it runs `program --complete WORDS...`.
[[nodiscard]] std::string completion_script(const std::string& program, const std::string& shell);

}  // namespace mig
