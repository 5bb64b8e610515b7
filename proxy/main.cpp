// SPDX-License-Identifier: GPL-2.0-or-later
// migproxy: the command line, and how its failures are reported.
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "common/command_line.hpp"
#include "proxy/options.hpp"
#include "proxy/program.hpp"
#include "proxy/rehearse/rehearse_command.hpp"
#include "proxy/rules/rule_conflict.hpp"
#include "proxy/rules/rule_vocabulary.hpp"

namespace mig::proxy {
namespace {

int fail(Exit how, const char* what) {
  std::fprintf(stderr, "migproxy: %s\n", what);
  return static_cast<int>(how);
}

/// A migration may have hundreds of channels, two sockets each.
void allow_many_files() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

int start(const Options& options) {
  std::vector<FaultRule> rules = read_rules(options);
  if (options.check) {
    for (const FaultRule& rule : rules) std::cout << print_rule(rule) << '\n';
    std::cout.flush();
    for (const auto& sentence : conflicts(rules)) std::cerr << "migproxy: warning: " << sentence << '\n';
    return static_cast<int>(Exit::fine);
  }
  if (options.listen.empty())
    throw std::invalid_argument("--listen ADDRESS is missing; --help shows examples");
  if (options.connect.empty())
    throw std::invalid_argument("--connect ADDRESS is missing; --help shows examples");
  allow_many_files();
  std::signal(SIGPIPE, SIG_IGN);
  return static_cast<int>(run(options, std::move(rules)));
}

int parse_and_start(std::vector<std::string> words) {
  Options options;
  const auto app = make_app(options);
  const auto rehearse = add_rehearse(*app);
  const auto own = [](const CLI::Option& option, const std::string& typed) {
    return option.get_name() == "--fault" ? rule_candidates(typed) : std::vector<Candidate>();
  };
  if (const auto end = parse_command_line(*app, std::move(words), own)) return *end;
  if (app->got_subcommand("rehearse")) return rehearse();
  if (options.help_faults) {
    std::cout << vocabulary_help();
    return 0;
  }
  return start(options);
}

}  // namespace
}  // namespace mig::proxy

int main(int argc, char** argv) {
  using namespace mig::proxy;
  try {
    return parse_and_start({argv + 1, argv + argc});
  } catch (const std::invalid_argument& error) {
    return fail(Exit::usage, error.what());
  } catch (const std::exception& error) {
    return fail(Exit::failure, error.what());
  }
}
