// SPDX-License-Identifier: GPL-2.0-or-later
#include "common/command_line.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <sstream>
#include <utility>

#include "common/suggestion.hpp"
#include "common/text.hpp"

namespace mig {
namespace {

constexpr std::size_t name_column = 30;
constexpr const char* help_group = "Help";

std::size_t terminal_width() {
  constexpr unsigned long least = 40, usual = 100;
  if (const char* columns = std::getenv("COLUMNS"))
    if (const auto set = std::strtoul(columns, nullptr, 10); set > 0) return std::max(set, least);
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return usual;
  return std::max<unsigned long>(size.ws_col, least);
}

std::string folded(const std::string& text, std::size_t width) {
  std::istringstream words(text);
  std::string lines;
  std::size_t used = 0;
  for (std::string word; words >> word; used += word.size()) {
    const bool first = lines.empty();
    const bool fits = used + 1 + word.size() <= width;
    if (!first) lines += fits ? " " : "\n";
    used = first || !fits ? 0 : used + 1;
    lines += word;
  }
  return lines;
}

/// Paragraphs are folded; lines that begin with a blank stay as they are, and end a paragraph.
std::string folded_text(const std::string& text, std::size_t width) {
  std::istringstream in(text);
  std::string out, paragraph;
  const auto end_paragraph = [&] {
    if (!paragraph.empty()) out += folded(std::exchange(paragraph, {}), width) + "\n";
  };
  for (std::string line; std::getline(in, line);) {
    const bool as_it_is = line.empty() || line.front() == ' ';
    if (as_it_is) end_paragraph();
    as_it_is ? out += line + "\n" : paragraph += line + " ";
  }
  end_paragraph();
  while (out.ends_with('\n')) out.pop_back();
  return out;
}

void fold_help(CLI::App& app, std::size_t width) {
  app.get_formatter()->column_width(name_column);
  for (auto* option : app.get_options())
    option->description(folded(option->get_description(), width - name_column));
  app.footer(folded_text(app.get_footer(), width));
  for (auto* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    command->description(folded(command->get_description(), width - name_column));
    fold_help(*command, width);
  }
}

std::vector<std::string> command_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const auto* command : commands_of(app)) names.push_back(command->get_name());
  return names;
}

std::vector<std::string> option_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const auto* option : app.get_options())
    for (const auto& name : option->get_lnames()) names.push_back("--" + name);
  return names;
}

std::string not_known(const std::string& kind, const std::string& word,
                      const std::vector<std::string>& known) {
  const auto meant = nearest(word, known);
  return "there is no " + kind + " \"" + word + "\"" +
         (meant.empty() ? std::string() : "; did you mean \"" + std::string(meant) + "\"?");
}

std::string what_is_wrong(const CLI::App& app, const CLI::App& chosen, const CLI::ParseError& error) {
  for (const auto& word : app.remaining(true)) {
    if (word.starts_with('-'))
      return not_known("option", word.substr(0, word.find('=')), option_names(chosen));
    const auto commands = command_names(chosen);
    if (!commands.empty()) return not_known("command", word, commands);
    return "\"" + word + "\" is not expected here";
  }
  return error.what();
}

/// The command line's command, or the program.
const CLI::App& chosen_command(const CLI::App& app) {
  const auto chosen = app.get_subcommands();
  return chosen.empty() ? app : *chosen.front();
}

int refuse(const CLI::App& app, const std::string& sentence) {
  const auto& chosen = chosen_command(app);
  const auto name = app.get_name() + (&chosen == &app ? "" : " " + chosen.get_name());
  std::fprintf(stderr, "%s: %s%s%s --help says more\n", app.get_name().c_str(), readable(sentence).c_str(),
               sentence.ends_with('?') ? " " : "; ", name.c_str());
  return 2;
}

/// Last, so that a program's own options come first.
void add_help(CLI::App& app) {
  app.set_help_flag();
  app.set_help_flag("-h,--help", "Print this and end")->group(help_group);
  app.set_version_flag("--version", app.get_name() + " " MIG_VERSION, "Print the version and end")
      ->group(help_group);
  app.add_option("--completion", "Print the completion script for a shell and end")
      ->type_name("SHELL")
      ->check(CLI::IsMember({"bash", "zsh", "fish"}))
      ->group(help_group);
}

int print(const std::string& text) {
  const bool printed = std::fputs(text.c_str(), stdout) >= 0 && std::fflush(stdout) == 0;
  return printed ? 0 : 1;
}

}  // namespace

std::optional<int> parse_command_line(CLI::App& app, std::vector<std::string> words, const OwnValues& own) {
  add_help(app);
  const bool needs_command = app.get_require_subcommand_min() != 0;
  app.require_subcommand(0, 1);  // --completion needs none
  if (!words.empty() && words.front() == "--complete")
    return print(complete(app, {words.begin() + 1, words.end()}, own));
  std::reverse(words.begin(), words.end());  // as CLI11 wants them
  try {
    app.parse(std::move(words));
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() != 0) return refuse(app, what_is_wrong(app, chosen_command(app), error));
    fold_help(app, terminal_width());  // only now: it took a third of the time of a short run
    return app.exit(error);
  }
  const auto* shell = app.get_option("--completion");
  if (shell->count() != 0) return print(completion_script(app.get_name(), shell->as<std::string>()));
  if (needs_command && app.get_subcommands().empty()) return refuse(app, "a command is needed");
  return std::nullopt;
}

}  // namespace mig
