// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/commands/completion.hpp"

#include <utility>

#include "common/shell_words.hpp"

namespace mig::replay {
namespace {

enum class Takes : std::uint8_t { nothing, text, choice, file, files };

struct Word {
  std::string name;  // the long one; without dashes where it is positional
  std::string help;
  Takes takes = Takes::nothing;
  std::string choices;  // separated by blanks
  [[nodiscard]] bool positional() const { return !name.starts_with('-'); }
};

/// Takes down what a command declares.
class Words final : public OptionTable {
 public:
  void flag(const char* names, bool&, const char* help) override { add(names, help, Takes::nothing); }
  void text(const char* names, std::string&, const char* help, bool) override {
    add(names, help, Takes::text);
  }
  void path(const char* names, std::string&, const char* help, bool) override {
    add(names, help, Takes::file);
  }
  void number(const char* names, unsigned&, const char* help) override { add(names, help, Takes::text); }
  void choice(const char* names, std::string&, std::vector<std::string> choices, const char* help) override {
    add(names, help, Takes::choice);
    for (const auto& choice : choices) {
      auto& text = all.back().choices;
      text += (text.empty() ? "" : " ") + choice;
    }
  }
  void files(const char* names, std::vector<std::string>&, const char* help, bool several, bool) override {
    add(names, help, several ? Takes::files : Takes::file);
  }
  std::vector<Word> all;

 private:
  void add(const std::string& names, const char* help, Takes takes) {
    all.push_back({names.substr(names.find(',') + 1), help, takes, {}});
  }
};

std::vector<Word> words_of(Command& command) {
  Words words;
  command.declare(words);
  return std::move(words.all);
}

std::string bash_cases(Command& command) {
  const std::string name = command.name();
  std::string out, options = "--help";
  for (const auto& word : words_of(command)) {
    if (word.positional()) continue;
    options += " " + word.name;
    const auto pattern = "    " + name + ":" + word.name + ") ";
    if (word.takes == Takes::choice) out += pattern + "words='" + word.choices + "' files= ;;\n";
    if (word.takes == Takes::text) out += pattern + "files= ;;\n";
    if (word.takes == Takes::file) out += pattern + ";;\n";
  }
  return out + "    " + name + ":*) words='" + options + "' ;;\n";
}

std::string bash_script(const std::vector<CommandPointer>& commands) {
  std::string names, cases;
  for (const auto& command : commands) {
    names += std::string(command->name()) + " ";
    cases += bash_cases(*command);
  }
  return "# bash completion for migreplay; made by: migreplay --completion bash\n"
         "_migreplay() {\n"
         "  local cur=${COMP_WORDS[COMP_CWORD]} words= files=yes\n"
         "  COMPREPLY=()\n"
         "  if ((COMP_CWORD == 1)); then\n"
         "    COMPREPLY=($(compgen -W '" +
         names +
         "--help --version --completion' -- \"$cur\"))\n"
         "    return\n"
         "  fi\n"
         "  case ${COMP_WORDS[1]}:${COMP_WORDS[COMP_CWORD - 1]} in\n"
         "    --completion:*) words='bash zsh fish' files= ;;\n" +
         cases +
         "  esac\n"
         "  [[ $cur == -* ]] && files=\n"
         "  COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
         "  [[ -z $files || -n $words && -z $cur ]] && return\n"
         "  compopt -o filenames 2>/dev/null\n"
         "  mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -f -- \"$cur\")\n"
         "}\n"
         "complete -F _migreplay migreplay\n";
}

std::string zsh_word(const Word& word) {
  const std::string action = word.takes == Takes::choice ? "(" + word.choices + ")"
                             : word.takes == Takes::text ? std::string(" ")
                                                         : std::string("_files");
  if (word.positional())
    return std::string(word.takes == Takes::files ? "*" : "") + ":" + word.name + ":" + action;
  if (word.takes == Takes::nothing) return zsh_option(word.name, word.help);
  return zsh_option(word.name, word.help, word.name.substr(2), action);
}

std::string zsh_script(const std::vector<CommandPointer>& commands) {
  std::string names, cases;
  for (const auto& command : commands) {
    names += " '" + std::string(command->name()) + ":" + zsh_quoted(command->help()) + "'";
    cases += "    " + std::string(command->name()) + ")\n      _arguments '--help[all options and examples]'";
    for (const auto& word : words_of(*command)) cases += " \\\n        '" + zsh_word(word) + "'";
    cases += " ;;\n";
  }
  return "#compdef migreplay\n"
         "# zsh completion for migreplay; made by: migreplay --completion zsh\n"
         "_migreplay() {\n"
         "  local context state state_descr line\n"
         "  typeset -A opt_args\n"
         "  _arguments -C '--help[all commands]' '--version[the version]' \\\n"
         "    '--completion[a script for your shell]:shell:(bash zsh fish)' ':command:->command' "
         "'*::argument:->arguments'\n"
         "  if [[ $state == command ]]; then\n"
         "    local -a commands=(" +
         names +
         ")\n"
         "    _describe command commands\n"
         "    return\n"
         "  fi\n"
         "  case $line[1] in\n" +
         cases +
         "  esac\n"
         "}\n" +
         zsh_start("migreplay");
}

/// One `complete` line. Options that take no file must say so, and so must those whose values are listed.
std::string fish_word(const std::string& command, const Word& word) {
  auto out =
      "complete -c migreplay -n '__fish_seen_subcommand_from " + command + "' -l " + word.name.substr(2);
  if (word.takes == Takes::text) out += " -x";
  if (word.takes == Takes::choice) out += " -x -a " + fish_quoted(word.choices);
  if (word.takes == Takes::file) out += " -r -F";
  return out + " -d " + fish_quoted(word.help) + "\n";
}

std::string fish_script(const std::vector<CommandPointer>& commands) {
  std::string out =
      "# fish completion for migreplay; made by: migreplay --completion fish\n"
      "complete -c migreplay -n __fish_use_subcommand -f\n"
      "complete -c migreplay -n __fish_use_subcommand -l version -d 'the version'\n"
      "complete -c migreplay -n __fish_use_subcommand -l completion -x -a 'bash zsh fish' -d 'a script for "
      "your "
      "shell'\n"
      "complete -c migreplay -l help -d 'all commands, or all options and examples'\n";
  for (const auto& command : commands) {
    out += "complete -c migreplay -n __fish_use_subcommand -a " + std::string(command->name()) + " -d " +
           fish_quoted(command->help()) + "\n";
    for (const auto& word : words_of(*command)) {
      if (!word.positional()) out += fish_word(command->name(), word);
    }
  }
  return out;
}

}  // namespace

std::string completion_script(const std::vector<CommandPointer>& commands, const std::string& shell) {
  if (shell == "fish") return fish_script(commands);
  return shell == "zsh" ? zsh_script(commands) : bash_script(commands);
}

}  // namespace mig::replay
