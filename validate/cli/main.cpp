// SPDX-License-Identifier: GPL-2.0-or-later
// migvalidate: who runs the guest after a fault?
#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include "common/command_line.hpp"
#include "validate/base/errors.hpp"
#include "validate/catalogue/catalogue.hpp"
#include "validate/cli/commands.hpp"
#include "validate/toml/node.hpp"

namespace {

using namespace mig::validate;

constexpr const char* footer =
    "Examples:\n"
    "  migvalidate list\n"
    "  migvalidate explain drop-pong\n"
    "  migvalidate run drop-pong --source 11.1 --destination 11.1 --verbose\n"
    "  migvalidate run --matrix 7.2,10.0,11.1 --report report.html\n\n"
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

/// The names of scenarios, where an argument is one.
std::vector<mig::Candidate> scenario_names(const CLI::Option& option, const std::string&) {
  std::vector<mig::Candidate> names;
  if (option.get_name() != "SCENARIO") return names;
  for (const auto& scenario : built_in_scenarios()) names.push_back({scenario.name, scenario.title});
  return names;
}

}  // namespace

int mig::validate::nothing_was_run() {
  std::cerr << "migvalidate: nothing was run (--allow-none makes that exit status 0)\n";
  return could_not_run;
}

// NOLINTNEXTLINE(bugprone-exception-escape): what CLI11 throws before parse() is a mistake of ours
int main(int argc, char** argv) {
  CLI::App app("Who runs the guest after a fault? Asked of real QEMUs.", "migvalidate");
  app.footer(footer);
  app.require_subcommand(1);
  const std::vector<std::pair<const char*, Command>> commands{
      {"list", add_list(app)},   {"explain", add_explain(app)}, {"run", add_run(app)},
      {"sweep", add_sweep(app)}, {"merge", add_merge(app)},     {"judge", add_judge(app)},
      {"demo", add_demo(app)}};
  if (const auto end = mig::parse_command_line(app, {argv + 1, argv + argc}, scenario_names)) return *end;
  catch_interrupts();
  for (const auto& [name, command] : commands)
    if (app.got_subcommand(name)) return guarded(command);
  return wrong_usage;
}
