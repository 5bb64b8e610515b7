// SPDX-License-Identifier: GPL-2.0-or-later
// The one file that knows CLI11.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <filesystem>
#include <iostream>

#include "replay/commands/complain.hpp"
#include "replay/commands/completion.hpp"

namespace {

using namespace mig::replay;

constexpr const char* footer = R"(
migreplay COMMAND --help has the options and examples of each.

Exit: 0 all was read, 1 something could not be read or was wrong, 2 wrong usage.
)";

class Options final : public OptionTable {
 public:
  explicit Options(CLI::App& app) : app_(app) {}
  void flag(const char* names, bool& value, const char* help) override { app_.add_flag(names, value, help); }
  void text(const char* names, std::string& value, const char* help, bool required) override {
    app_.add_option(names, value, help)->required(required);
  }
  void path(const char* names, std::string& value, const char* help, bool required) override {
    text(names, value, help, required);
  }
  void number(const char* names, unsigned& value, const char* help) override {
    app_.add_option(names, value, help);
  }
  void choice(const char* names, std::string& value, std::vector<std::string> choices,
              const char* help) override {
    app_.add_option(names, value, help)->check(CLI::IsMember(std::move(choices)));
  }
  void files(const char* names, std::vector<std::string>& values, const char* help, bool several,
             bool required) override {
    auto* option = app_.add_option(names, values, help)->required(required);
    if (!several) option->expected(1);
  }

 private:
  CLI::App& app_;
};

/// What is wrong with the command line, and where to read on.
int refuse(const CLI::App& app, const CLI::ParseError& error, const std::string& first) {
  const auto chosen = app.get_subcommands();
  if (chosen.empty() && !first.empty() && !first.starts_with('-')) {
    complain("there is no command \"" + first + "\"; migreplay --help lists them");
    return 2;
  }
  const auto help = chosen.empty() ? std::string() : chosen.front()->get_name() + " ";
  complain(std::string(error.what()) + "; migreplay " + help + "--help says more");
  return 2;
}

/// `migreplay FILE` asks for its summary.
bool names_a_file(const CLI::App& app, const std::vector<std::string>& words) {
  if (words.empty() || words.front().starts_with('-')) return false;
  const auto commands = app.get_subcommands([](const CLI::App*) { return true; });
  const bool command = std::any_of(commands.begin(), commands.end(),
                                   [&](const CLI::App* c) { return c->get_name() == words.front(); });
  std::error_code none;
  return !command && std::filesystem::exists(words.front(), none);
}

/// What was printed has arrived; a full disk must not pass for a short answer.
bool printed() {
  std::cout.flush();
  const bool fine = std::fflush(stdout) == 0 && std::ferror(stdout) == 0 && std::cout.good();
  if (!fine) std::fprintf(stderr, "migreplay: standard output: cannot write: %s\n", std::strerror(errno));
  return fine;
}

int run(Command& command) {
  try {
    const auto result = command.run();
    return printed() ? result : 1;
  } catch (const std::exception& e) {
    complain(e.what());
    return 1;
  }
}

}  // namespace

// NOLINTNEXTLINE(bugprone-exception-escape): what CLI11 throws before parse() is a mistake of ours
int main(int argc, char** argv) {
  CLI::App app{
      "Analyses captures of QEMU live migrations: what happened, who owns the guest, where the time went."};
  app.footer(footer);
  app.require_subcommand(0, 1);
  app.set_version_flag("--version", std::string("migreplay ") + MIG_VERSION);
  std::string shell;
  app.add_option("--completion", shell, "print a completion script: bash, zsh or fish")
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  const auto commands = all_commands();
  for (const auto& command : commands) {
    auto* sub = app.add_subcommand(command->name(), command->help());
    sub->footer(std::string("\nExamples:\n") + command->examples());
    Options options(*sub);
    command->declare(options);
  }
  std::vector<std::string> words(argv + 1, argv + argc);
  if (names_a_file(app, words)) words.insert(words.begin(), "summary");
  std::reverse(words.begin(), words.end());  // as CLI11 wants them
  try {
    app.parse(std::move(words));
  } catch (const CLI::ParseError& e) {
    return e.get_exit_code() == 0 ? app.exit(e) : refuse(app, e, argc > 1 ? argv[1] : "");
  }
  for (const auto& command : commands) {
    if (app.got_subcommand(command->name())) return run(*command);
  }
  if (!shell.empty()) {
    std::fputs(completion_script(commands, shell).c_str(), stdout);
    return printed() ? 0 : 1;
  }
  std::fputs("migreplay: a command is needed; migreplay --help lists them\n", stderr);
  return 2;
}
