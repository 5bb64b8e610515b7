// SPDX-License-Identifier: GPL-2.0-or-later
// The one file of migreplay that knows CLI11.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <filesystem>
#include <iostream>
#include <utility>

#include "common/command_line.hpp"
#include "replay/commands/command.hpp"
#include "replay/commands/complain.hpp"

namespace {

using namespace mig::replay;

constexpr const char* footer =
    R"(migreplay FILE prints its summary; migreplay COMMAND --help has the options and examples of each command.

Exit status: 0 all was read, 1 something could not be read or was wrong, 2 wrong usage.)";

class Options final : public OptionTable {
 public:
  explicit Options(CLI::App& app) : app_(app) {}
  void flag(const char* names, bool& value, const char* help) override { app_.add_flag(names, value, help); }
  void text(const char* names, std::string& value, const char* help, bool required) override {
    app_.add_option(names, value, help)->required(required);
  }
  void path(const char* names, std::string& value, const char* help, bool required) override {
    app_.add_option(names, value, help)->type_name(file_type(names))->required(required);
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
    auto* option = app_.add_option(names, values, help)->type_name(file_type(names))->required(required);
    if (!several) option->expected(1);
  }

 private:
  /// A positional argument is called FILE already.
  static const char* file_type(const char* names) { return *names == '-' ? "FILE" : ""; }

  CLI::App& app_;
};

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
      "Analyses captures of QEMU live migrations: what happened, who owns the guest, where the time went.",
      "migreplay"};
  app.footer(footer);
  app.require_subcommand(1);
  const auto commands = all_commands();
  for (const auto& command : commands) {
    auto* sub = app.add_subcommand(command->name(), command->help());
    sub->footer(std::string("Examples:\n") + command->examples());
    Options options(*sub);
    command->declare(options);
  }
  std::vector<std::string> words(argv + 1, argv + argc);
  if (names_a_file(app, words)) words.insert(words.begin(), "summary");
  if (const auto end = mig::parse_command_line(app, std::move(words))) return *end;
  for (const auto& command : commands) {
    if (app.got_subcommand(command->name())) return run(*command);
  }
  return 2;
}
