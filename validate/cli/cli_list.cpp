// SPDX-License-Identifier: GPL-2.0-or-later
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "validate/catalogue/catalogue.hpp"
#include "validate/catalogue/explain.hpp"
#include "validate/cli/commands.hpp"

namespace mig::validate {

Command add_list(CLI::App& app) {
  auto names = std::make_shared<std::vector<std::string>>();
  auto* list = app.add_subcommand("list", "The scenarios that there are, one line each");
  list->add_option("SCENARIO", *names,
                   "names, tags or files; all that come with the program if none is given");
  return [names] {
    auto terminal = Terminal::standard_output();
    list_scenarios(find_scenarios(*names), terminal);
    return fine;
  };
}

Command add_explain(CLI::App& app) {
  struct Options {
    std::string name;
    bool toml = false;
    DriverKind driver = DriverKind::direct;
  };
  auto options = std::make_shared<Options>();
  auto* command = app.add_subcommand("explain", "What a scenario does and what is expected, in sentences");
  command->add_option("SCENARIO", options->name, "a name or a file")->required();
  command->add_flag("--toml", options->toml, "print its file instead: the start of one of your own");
  add_driver_option(*command, options->driver);
  command->footer("Example:\n  migvalidate explain drop-pong --toml > mine.toml");
  return [options] {
    auto terminal = Terminal::standard_output();
    if (options->toml)
      std::cout << text_of_scenario(options->name);
    else
      for (const auto& scenario : find_scenarios({options->name}, options->driver))
        explain(scenario, terminal);
    return fine;
  };
}

}  // namespace mig::validate
