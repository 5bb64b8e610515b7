// SPDX-License-Identifier: GPL-2.0-or-later
// What the completion scripts of the programs have in common.
#pragma once
#include <string>
#include <string_view>

namespace mig {

/// For zsh's _arguments, between single quotes: brackets and colons mean something there.
[[nodiscard]] inline std::string zsh_quoted(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\'') {
      out += "'\\''";
      continue;
    }
    if (c == '[' || c == ']' || c == ':') out += '\\';
    out += c;
  }
  return out;
}

/// An option of _arguments: its name, what it is for, and, where it takes a value, what that is and how it is
/// completed.
[[nodiscard]] inline std::string zsh_option(std::string_view name, std::string_view help,
                                            std::string_view value = {}, std::string_view action = {}) {
  std::string spec = std::string(name) + "[" + zsh_quoted(help) + "]";
  if (!value.empty()) spec += ":" + std::string(value) + ":" + std::string(action);
  return spec;
}

/// A word of fish.
[[nodiscard]] inline std::string fish_quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + "'";
}

/// The last line of a script that may be sourced or found in fpath.
[[nodiscard]] inline std::string zsh_start(const std::string& program) {
  return "if [[ $zsh_eval_context[-1] == loadautofunc ]]; then _" + program + " \"$@\"; else compdef _" +
         program + " " + program + "; fi\n";
}

}  // namespace mig
