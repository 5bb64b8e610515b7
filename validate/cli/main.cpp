// SPDX-License-Identifier: GPL-2.0-or-later
// migvalidate: who runs the guest after a fault?
#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include "validate/base/errors.hpp"
#include "validate/cli/commands.hpp"
#include "validate/toml/node.hpp"
#include "validate/toml/table_reader.hpp"

namespace {

using namespace mig::validate;

constexpr const char* footer =
    "Examples:\n"
    "  migvalidate list\n"
    "  migvalidate explain drop-pong\n"
    "  migvalidate run drop-pong --source 11.1 --destination 11.1 --verbose\n"
    "  migvalidate run --matrix 7.2,10.0,11.1 --report report.html\n"
    "Exit status: 0 all as expected, 1 not, 2 wrong usage or an invalid scenario file,\n"
    "4 something could not be run, or nothing was, 130 stopped.";

int guarded(const Command& command) {
  try {
    return command();
  } catch (const Refusal& refusal) {
    std::cerr << "migvalidate: " << refusal.what() << '\n';
    return wrong_usage;
  } catch (const WrongUsage& error) {
    std::cerr << "migvalidate: " << error.what() << '\n';
    return wrong_usage;
  } catch (const CouldNotRun& error) {
    std::cerr << "migvalidate: " << error.what() << '\n';
    return could_not_run;
  } catch (const Interrupted&) {
    std::cerr << "migvalidate: stopped; every process it had started has ended\n";
    return interrupted;
  } catch (const std::exception& error) {
    std::cerr << "migvalidate: " << error.what() << ". This should not happen: please report it.\n";
    return could_not_run;
  }
}

// CLI11 would only say that a subcommand is required.
bool is_known(const char* word, const std::vector<std::pair<const char*, Command>>& commands) {
  std::vector<std::string> known;
  for (const auto& [name, command] : commands) known.emplace_back(name);
  if (*word == '-' || std::find(known.begin(), known.end(), word) != known.end()) return true;
  std::cerr << "migvalidate: there is no command \"" << word << "\"" << suggestion(word, known) << '\n';
  return false;
}

}  // namespace

int mig::validate::nothing_was_run() {
  std::cerr << "migvalidate: nothing was run (--allow-none makes that exit status 0)\n";
  return could_not_run;
}

// NOLINTNEXTLINE(bugprone-exception-escape): what CLI11 throws before parse() is a mistake of ours
int main(int argc, char** argv) {
  CLI::App app("Who runs the guest after a fault? Asked of real QEMUs.", "migvalidate");
  app.set_version_flag("--version", std::string("migvalidate ") + MIG_VERSION);
  app.require_subcommand(1);
  app.footer(footer);
  const std::vector<std::pair<const char*, Command>> commands{
      {"list", add_list(app)},   {"explain", add_explain(app)}, {"run", add_run(app)},
      {"sweep", add_sweep(app)}, {"merge", add_merge(app)},     {"judge", add_judge(app)},
      {"demo", add_demo(app)}};
  if (argc > 1 && !is_known(argv[1], commands)) return wrong_usage;
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? fine : wrong_usage;
  }
  catch_interrupts();
  for (const auto& [name, command] : commands)
    if (app.got_subcommand(name)) return guarded(command);
  return wrong_usage;
}
