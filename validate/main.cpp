// SPDX-License-Identifier: GPL-2.0-or-later
// migvalidate: who runs the guest after a fault? First cut, with the demo only.
#include <CLI/CLI.hpp>
#include <iostream>
#include <string>

#include "validate/demo.hpp"
#include "validate/errors.hpp"

namespace {

enum ExitCode { fine = 0, unexpected = 1, wrong_usage = 2, could_not_run = 4, interrupted = 130 };

void add_demo(CLI::App& app, mig::validate::DemoOptions& options) {
  auto* demo =
      app.add_subcommand("demo", "Three acts on two real QEMUs: a migration, a broken device, a lost PONG");
  demo->add_option("--source", options.source,
                   "QEMU to migrate from (10.2 or later for the expected verdicts)")
      ->required();
  demo->add_option("--destination", options.destination, "QEMU to migrate to")->required();
  demo->add_option("--migproxy", options.migproxy, "the migproxy program")->required();
  demo->add_option("--act", options.acts, "play this act only (may be given again)")
      ->check(CLI::Range(1, 3))
      ->allow_extra_args(false);
  demo->add_option("--keep", options.keep, "keep every log, serial file and trace in this folder");
  demo->add_option("--json", options.json, "write what was observed to this file");
  demo->footer("Exit status: 0 all verdicts as expected, 1 not, 2 wrong usage, 4 could not be run.");
}

int run(const mig::validate::DemoOptions& options) {
  auto terminal = mig::validate::Terminal::standard_output();
  return mig::validate::play_demo(options, terminal) ? fine : unexpected;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Who runs the guest after a fault? Asked of real QEMUs.", "migvalidate");
  app.set_version_flag("--version", std::string("migvalidate ") + MIG_VERSION);
  app.require_subcommand(1);
  mig::validate::DemoOptions options;
  add_demo(app, options);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? fine : wrong_usage;
  }
  mig::validate::catch_interrupts();
  try {
    return run(options);
  } catch (const mig::validate::CouldNotRun& error) {
    std::cerr << "migvalidate: " << error.what() << '\n';
    return could_not_run;
  } catch (const mig::validate::Interrupted&) {
    std::cerr << "migvalidate: stopped; every process it had started has ended\n";
    return interrupted;
  } catch (const std::exception& error) {
    std::cerr << "migvalidate: " << error.what() << ". This should not happen: please report it.\n";
    return could_not_run;
  }
}
