// SPDX-License-Identifier: GPL-2.0-or-later
#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <cstdio>
#include <exception>
#include <iostream>
#include <string>
#include <vector>

#include "replay/event_list.hpp"
#include "replay/summary_json.hpp"
#include "replay/summary_text.hpp"

namespace {

using namespace mig::replay;

constexpr const char* examples = R"(
Examples:
  migreplay summary migration.pcap              one screen: channels, phases, package, PINGs, oddities
  migreplay summary --json *.pcapng.zst         one JSON object a line
  tcpdump -i lo -w - tcp port 4444 | migreplay events -
  migreplay summary vm.state                    a file that `migrate file:` or `exec:cat` wrote

Exit: 0 all was read, 1 something could not be read, 2 wrong usage.
)";

struct Options {
  std::vector<std::string> files;
  bool json = false;
  bool pages = false;
};

/// Tells what was odd about reading a file; true when there was something.
bool complain(const std::string& warning) {
  if (!warning.empty()) std::fprintf(stderr, "migreplay: %s\n", warning.c_str());
  return !warning.empty();
}

bool summary(const std::string& path, const Options& options) {
  SummaryCollector collector;
  Analysis analysis({&collector});
  std::string warning;
  static_cast<void>(analyse_file(path, analysis, warning));
  if (options.json) {
    auto object = to_json(collector);
    object["file"] = path;
    std::cout << object << "\n";
  } else {
    for (const auto& m : collector.migrations()) std::cout << summary_text(*m, collector.start());
    if (collector.migrations().empty()) std::cout << path << ": no migration found\n";
  }
  return complain(warning);
}

bool events(const std::string& path, const Options& options) {
  EventList list(stdout, options.pages);
  Analysis analysis({&list});
  std::string warning;
  static_cast<void>(analyse_file(path, analysis, warning));
  return complain(warning);
}

int run(const Options& options, bool (*command)(const std::string&, const Options&)) {
  bool trouble = false;
  for (const auto& path : options.files) {
    try {
      trouble = command(path, options) || trouble;
    } catch (const std::exception& e) {
      std::fprintf(stderr, "migreplay: %s\n", e.what());
      trouble = true;
    }
  }
  return trouble ? 1 : 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Tells from a capture what happened in a QEMU live migration."};
  Options options;
  app.footer(examples);
  app.require_subcommand(1);
  app.set_version_flag("--version", std::string("migreplay ") + MIG_VERSION);
  auto* summary_command = app.add_subcommand("summary", "one screen about each migration in the captures");
  summary_command
      ->add_option("FILE", options.files,
                   "pcap, pcapng or stream files, plain, gzip or zstd; - is standard input")
      ->required();
  summary_command->add_flag("--json", options.json, "one JSON object a line (docs/summary-schema.md)");
  auto* events_command = app.add_subcommand("events", "every unit of every connection, one line each");
  events_command->add_option("FILE", options.files, "a capture or stream file; - is standard input")
      ->required()
      ->expected(1);
  events_command->add_flag("--pages", options.pages, "list pages too, instead of counting them");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : 2;
  }
  return run(options, summary_command->parsed() ? summary : events);
}
