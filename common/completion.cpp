// SPDX-License-Identifier: GPL-2.0-or-later
#include "common/completion.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <sstream>
#include <string_view>
#include <utility>

namespace mig {
namespace {

constexpr const char* bash_template = R"(# bash completion for PROGRAM; made by: PROGRAM --completion bash
_PROGRAM() {
  local cur=${COMP_WORDS[COMP_CWORD]} line=${COMP_LINE:0:COMP_POINT} word head
  local -a words lines
  word=${line##*[[:space:]]}
  read -ra words <<< "${line%"$word"}"
  mapfile -t lines < <("${words[0]}" --complete "${words[@]:1}" "$word" 2>/dev/null)
  # bash breaks words at = and :, so only what follows the last of them is replaced
  [[ $cur == [=:] ]] && cur=
  head=${word%"$cur"}
  COMPREPLY=()
  for line in "${lines[@]:1}"; do
    line=${line%%$'\t'*}
    COMPREPLY+=("${line#"$head"}")
  done
  [[ ${lines[0]} == open ]] && compopt -o nospace 2>/dev/null
  if [[ ${lines[0]} == files ]]; then
    compopt -o filenames 2>/dev/null
    mapfile -t -O ${#COMPREPLY[PROGRAM]} COMPREPLY < <(compgen -f -- "$cur")
  fi
}
complete -F _PROGRAM PROGRAM
)";

constexpr const char* zsh_template = R"(#compdef PROGRAM
# zsh completion for PROGRAM; made by: PROGRAM --completion zsh
_PROGRAM() {
  local line
  local -a lines names texts behind
  lines=("${(@f)$($words[1] --complete "${(@)words[2,CURRENT-1]}" "$PREFIX" 2>/dev/null)}")
  for line in "${(@)lines[2,-1]}"; do
    names+=("${line%%$'\t'*}")
    texts+=("${line%%$'\t'*}  -- ${line#*$'\t'}")
  done
  [[ $lines[1] == open ]] && behind=(-S '')
  (( $#names )) && compadd -l -d texts "${(@)behind}" -a names
  [[ $lines[1] == files ]] && _files
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then _PROGRAM "$PROGRAM"; else compdef _PROGRAM PROGRAM; fi
)";

constexpr const char* fish_template = R"(# fish completion for PROGRAM; made by: PROGRAM --completion fish
function __PROGRAM_complete
  set -l words (commandline -opc)
  set -l typed (commandline -ct)
  set -l lines ($words[1] --complete $words[2..-1] "$typed" 2>/dev/null)
  test (count $lines) -gt 1; and printf '%s\n' $lines[2..-1]
  test "$lines[1]" = files; and __fish_complete_path "$typed"
end
complete -c PROGRAM -f -a '(__PROGRAM_complete)'
)";

bool takes_value(const CLI::Option& option) { return option.get_items_expected_max() > 0; }

/// CLI11 names the type of an option as help shows it: FILE, or TEXT:{one,of,these}.
bool takes_file(const CLI::Option& option) {
  const auto type = option.get_type_name();
  const auto is = [&](const char* word) { return type.starts_with(word); };
  return is("FILE") || is("FOLDER") || is("PROGRAM") || is("PATH") || option.get_positional();
}

std::vector<Candidate> choices(const CLI::Option& option) {
  const auto type = option.get_type_name();
  const auto begin = type.find('{'), end = type.find('}');
  std::vector<Candidate> all;
  if (begin == std::string::npos || end == std::string::npos) return all;
  std::istringstream list(type.substr(begin + 1, end - begin - 1));
  for (std::string word; std::getline(list, word, ',');) all.push_back({word, {}});
  return all;
}

class Completion {
 public:
  explicit Completion(std::string typed) : typed_(std::move(typed)) {}

  void add(const Candidate& candidate) {
    if (!candidate.word.starts_with(typed_)) return;
    if (candidate.word.ends_with('=')) kind_ = "open";
    words_ += candidate.word + "\t" + one_line(candidate.help) + "\n";
  }
  void add_values(const CLI::Option& option, const std::string& before, const OwnValues& own) {
    const auto typed = typed_.substr(before.size());
    auto values = own ? own(option, typed) : std::vector<Candidate>();
    const bool known_here = !values.empty();
    if (!known_here) values = choices(option);
    for (auto& value : values) add({before + value.word, value.help});
    if (known_here && !option.get_positional()) kind_ = "open";
    if (values.empty() || option.get_positional()) kind_ = takes_file(option) ? "files" : kind_;
  }
  void add_options(const CLI::App& app) {
    for (const auto* option : app.get_options())
      for (const auto& name : option->get_lnames()) add({"--" + name, option->get_description()});
  }
  void add_commands(const CLI::App& app) {
    for (const auto* command : commands_of(app)) add({command->get_name(), command->get_description()});
  }
  [[nodiscard]] const std::string& typed() const { return typed_; }
  [[nodiscard]] std::string lines() const { return std::string(kind_) + "\n" + words_; }

 private:
  static std::string one_line(std::string text) {
    std::replace_if(
        text.begin(), text.end(), [](char c) { return c == '\n' || c == '\t'; }, ' ');
    return text;
  }

  std::string typed_, words_;
  const char* kind_ = "words";
};

/// Where the last word is: in which command, and whether it is the value of an option.
struct Place {
  const CLI::App* app;
  const CLI::Option* option = nullptr;
};

const CLI::Option* option_named(const CLI::App& app, const std::string& word) {
  return word.starts_with('-') ? app.get_option_no_throw(word) : nullptr;
}

Place find_place(const CLI::App& app, const std::vector<std::string>& words) {
  Place place{&app};
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    if (std::exchange(place.option, nullptr) != nullptr) continue;
    if (const auto* option = option_named(*place.app, words[i]); option != nullptr && takes_value(*option))
      place.option = option;
    for (const auto* command : commands_of(*place.app))
      if (command->get_name() == words[i]) place.app = command;
  }
  return place;
}

const CLI::Option* positional_of(const CLI::App& app) {
  for (const auto* option : app.get_options())
    if (option->get_positional()) return option;
  return nullptr;
}

}  // namespace

std::vector<const CLI::App*> commands_of(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App*) { return true; });
}

std::string complete(const CLI::App& app, const std::vector<std::string>& words, const OwnValues& own) {
  Completion completion(words.empty() ? std::string() : words.back());
  const auto place = find_place(app, words);
  const auto& typed = completion.typed();
  const auto equals = typed.starts_with("--") ? typed.find('=') : std::string::npos;
  if (place.option != nullptr) {
    completion.add_values(*place.option, "", own);
  } else if (equals != std::string::npos) {
    if (const auto* option = option_named(*place.app, typed.substr(0, equals)))
      completion.add_values(*option, typed.substr(0, equals + 1), own);
  } else if (const auto* positional = positional_of(*place.app);
             positional != nullptr && !typed.starts_with('-')) {
    completion.add_values(*positional, "", own);
  } else {
    completion.add_commands(*place.app);
    completion.add_options(*place.app);
  }
  return completion.lines();
}

std::string completion_script(const std::string& program, const std::string& shell) {
  const char* text = shell == "fish" ? fish_template : shell == "zsh" ? zsh_template : bash_template;
  constexpr std::string_view placeholder = "PROGRAM";
  std::string script = text;
  for (auto at = script.find(placeholder); at != std::string::npos; at = script.find(placeholder, at))
    script.replace(at, placeholder.size(), program);
  return script;
}

}  // namespace mig
