// SPDX-License-Identifier: GPL-2.0-or-later
// Completion scripts, made from the options and the rule vocabulary so that they cannot go stale.
#include <CLI/CLI.hpp>
#include <map>
#include <vector>

#include "common/shell_words.hpp"
#include "proxy/options.hpp"
#include "proxy/rules/action.hpp"

namespace mig::proxy {
namespace {

struct Vocabulary {
  std::string rules;                                        // "drop-pong hold-pong ..."
  std::map<std::string, std::vector<std::string>> by_keys;  // "value= skip=" -> rules that take these
};

Vocabulary vocabulary() {
  Vocabulary words;
  for (std::size_t u = 0; u < unit_rows().size(); ++u) {
    const auto unit = static_cast<Unit>(u);
    for (const auto* action : actions()) {
      if (!goes_with(*action, unit)) continue;
      const std::string rule = std::string(action->word) + "-" + std::string(row(unit).word);
      std::string keys;
      for (std::size_t k = 0; k < key_rows().size(); ++k) {
        if ((allowed_keys(*action, unit) & bit(static_cast<Key>(k))) == 0) continue;
        keys += (keys.empty() ? "" : " ") + std::string(key_rows()[k].word) + "=";
      }
      words.rules += (words.rules.empty() ? "" : " ") + rule;
      words.by_keys[keys].push_back(rule);
    }
  }
  return words;
}

/// A shell function body: sets `keys` for the rule in $1.
std::string key_cases(const Vocabulary& words) {
  std::string text = "  case $1 in\n";
  for (const auto& [keys, rules] : words.by_keys) {
    text += "    ";
    for (std::size_t i = 0; i < rules.size(); ++i) text += (i == 0 ? "" : "|") + rules[i];
    text += ") keys='" + keys + "' ;;\n";
  }
  return text + "    *) keys= ;;\n  esac\n";
}

bool takes_value(const CLI::Option& option) { return option.get_items_expected_max() > 0; }

std::string bash_script(const CLI::App& app) {
  const Vocabulary words = vocabulary();
  std::string options;
  for (const CLI::Option* option : app.get_options()) {
    for (const auto& name : option->get_lnames()) options += "--" + name + " ";
  }
  return "# bash completion for migproxy; made by: migproxy --completion bash\n"
         "_migproxy_keys() {\n" +
         key_cases(words) +
         "}\n"
         "_migproxy() {\n"
         "  local cur=${COMP_WORDS[COMP_CWORD]} line=${COMP_LINE:0:COMP_POINT} word before head keys\n"
         "  COMPREPLY=()\n"
         "  word=${line##*[[:space:]]}\n"
         "  before=${line%\"$word\"}\n"
         "  before=${before%\"${before##*[^[:space:]]}\"}\n"
         "  case ${before##*[[:space:]]} in\n"
         "    --log|--record|--fault-file) compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- "
         "\"$cur\")) "
         ";;\n"
         "    --completion) COMPREPLY=($(compgen -W 'bash zsh fish' -- \"$cur\")) ;;\n"
         "    --record-pages) COMPREPLY=($(compgen -W 'yes no' -- \"$cur\")) ;;\n"
         "    --listen|--connect|--seed|--once-grace) ;;\n"
         "    --fault)\n"
         "      compopt -o nospace 2>/dev/null\n"
         "      if [[ $word != *,* ]]; then\n"
         "        COMPREPLY=($(compgen -W '" +
         words.rules +
         "' -- \"$word\"))\n"
         "        return\n"
         "      fi\n"
         "      _migproxy_keys \"${word%%,*}\"\n"
         "      # bash breaks words at = and :, so only what follows the last of them is replaced\n"
         "      [[ $cur == [=:] ]] && cur=\n"
         "      head=${word%\"$cur\"}\n"
         "      COMPREPLY=($(compgen -P \"${word%,*},\" -W \"$keys\" -- \"${word##*,}\"))\n"
         "      COMPREPLY=(\"${COMPREPLY[@]#\"$head\"}\")\n"
         "      ;;\n"
         "    *) COMPREPLY=($(compgen -W '" +
         options +
         "' -- \"$cur\")) ;;\n"
         "  esac\n"
         "}\n"
         "complete -F _migproxy migproxy\n";
}

std::string zsh_option(const CLI::Option& option) {
  const std::string name = "--" + option.get_lnames().front();
  std::string action;
  if (name == "--fault") action = "_migproxy_rule";
  if (name == "--log" || name == "--record" || name == "--fault-file") action = "_files";
  if (name == "--completion") action = "(bash zsh fish)";
  if (name == "--record-pages") action = "(yes no)";
  const auto value = takes_value(option) ? option.get_type_name() : std::string();
  return "    '" + std::string(name.starts_with("--fault") ? "*" : "") +
         mig::zsh_option(name, option.get_description(), value, action) + "'";
}

std::string zsh_script(const CLI::App& app) {
  const Vocabulary words = vocabulary();
  std::string options;
  for (const CLI::Option* option : app.get_options()) {
    if (!option->get_lnames().empty()) options += " \\\n" + zsh_option(*option);
  }
  return "#compdef migproxy\n"
         "# zsh completion for migproxy; made by: migproxy --completion zsh\n"
         "_migproxy_keys() {\n" +
         key_cases(words) +
         "}\n"
         "_migproxy_rule() {\n"
         "  local keys rule=${PREFIX%%,*}\n"
         "  if [[ $PREFIX != *,* ]]; then\n"
         "    compadd -S '' -- " +
         words.rules +
         "\n"
         "  else\n"
         "    _migproxy_keys \"$rule\"\n"
         "    compset -P '*,'\n"
         "    compadd -S '' -- ${=keys}\n"
         "  fi\n"
         "}\n"
         "_migproxy() {\n"
         "  _arguments -s" +
         options +
         "\n"
         "}\n" +
         zsh_start("migproxy");
}

/// The rule that is being typed, in `--fault RULE` or `--fault=RULE`: its name, then its keys.
std::string fish_rule(const Vocabulary& words) {
  std::string cases;
  for (const auto& [keys, rules] : words.by_keys) {
    cases += "    case";
    for (const auto& rule : rules) cases += " " + rule;
    cases += "\n      set keys " + keys + "\n";
  }
  return "function __migproxy_rule\n"
         "  set -l rule (commandline -ct | string replace -r -- '^--fault=' '')\n"
         "  if not string match -q -- '*,*' $rule\n"
         "    string split ' ' '" +
         words.rules +
         "'\n"
         "    return\n"
         "  end\n"
         "  set -l keys\n"
         "  switch (string split -m 1 , -- $rule)[1]\n" +
         cases +
         "  end\n"
         "  set -l head (string replace -r -- '[^,]*$' '' $rule)\n"
         "  for key in $keys\n"
         "    echo $head$key\n"
         "  end\n"
         "end\n";
}

std::string fish_option(const CLI::Option& option) {
  const auto& name = option.get_lnames().front();
  std::string takes;
  if (takes_value(option)) takes = " -x";
  if (name == "fault") takes = " -x -a '(__migproxy_rule)'";
  if (name == "log" || name == "record" || name == "fault-file") takes = " -r -F";
  if (name == "completion") takes = " -x -a 'bash zsh fish'";
  if (name == "record-pages") takes = " -x -a 'yes no'";
  return "complete -c migproxy -l " + name + takes + " -d " + fish_quoted(option.get_description()) + "\n";
}

std::string fish_script(const CLI::App& app) {
  std::string options;
  for (const CLI::Option* option : app.get_options()) {
    if (!option->get_lnames().empty()) options += fish_option(*option);
  }
  return "# fish completion for migproxy; made by: migproxy --completion fish\n" + fish_rule(vocabulary()) +
         "complete -c migproxy -f\n" + options;
}

}  // namespace

std::string completion_script(const CLI::App& app, const std::string& shell) {
  if (shell == "fish") return fish_script(app);
  return shell == "zsh" ? zsh_script(app) : bash_script(app);
}

}  // namespace mig::proxy
