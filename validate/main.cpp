// SPDX-License-Identifier: GPL-2.0-or-later
// migvalidate: who runs the guest after a fault? First cut, with the demo only.
#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>
#include <string>

#include "validate/base/errors.hpp"
#include "validate/demo/demo.hpp"

namespace {

enum ExitCode { fine = 0, unexpected = 1, wrong_usage = 2, could_not_run = 4, interrupted = 130 };

std::filesystem::path beside_us(const char* name) {
  std::error_code unknown;
  return std::filesystem::read_symlink("/proc/self/exe", unknown).parent_path() / name;
}

void add_demo(CLI::App& app, mig::validate::DemoOptions& options) {
  auto* demo =
      app.add_subcommand("demo", "Three acts on two QEMUs: a migration, a broken device, a lost PONG");
  auto* source = demo->add_option("--source", options.source,
                                  "QEMU to migrate from (10.2 or later for the expected verdicts)");
  auto* destination = demo->add_option("--destination", options.destination, "QEMU to migrate to");
  auto* scripted =
      demo->add_option("--scripted", options.scripted,
                       "no QEMU: two scripted peers, a model of it; say why there is none, if you like");
  scripted->expected(0, 1)->excludes(source)->excludes(destination);
  demo->add_flag("--or-scripted", options.or_scripted,
                 "take scripted peers, and say so, where the kernel refuses postcopy to the QEMUs")
      ->excludes(scripted);
  demo->add_option("--peer", options.peer, "the scripted peer")->default_val(beside_us("migpeer").string());
  demo->add_option("--migproxy", options.migproxy, "the migproxy program")->required();
  demo->add_option("--act", options.acts, "play this act only (may be given again)")
      ->check(CLI::Range(1, 3))
      ->allow_extra_args(false);
  demo->add_option("--keep", options.keep, "keep every log, serial file and trace in this folder");
  demo->add_option("--json", options.json, "write what was observed to this file");
  demo->footer("Exit status: 0 all verdicts as expected, 1 not, 2 wrong usage, 4 could not be run.");
}

// CLI11 cannot say "all of these, unless that one".
void require_qemus(const mig::validate::DemoOptions& options) {
  if (options.scripted) return;
  if (options.source.empty()) throw CLI::RequiredError("--source (or --scripted)");
  if (options.destination.empty()) throw CLI::RequiredError("--destination (or --scripted)");
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
    require_qemus(options);
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
