// SPDX-License-Identifier: GPL-2.0-or-later
#include <CLI/CLI.hpp>
#include <memory>

#include "validate/cli/commands.hpp"
#include "validate/demo/demo.hpp"

namespace mig::validate {
namespace {

// CLI11 cannot say "all of these, unless that one".
void require_qemus(const DemoOptions& options) {
  if (options.scripted) return;
  if (options.source.empty()) throw CLI::RequiredError("--source (or --scripted)");
  if (options.destination.empty()) throw CLI::RequiredError("--destination (or --scripted)");
}

}  // namespace

std::filesystem::path beside_us(const char* name) {
  std::error_code unknown;
  return std::filesystem::read_symlink("/proc/self/exe", unknown).parent_path() / name;
}

Command add_demo(CLI::App& app) {
  auto options = std::make_shared<DemoOptions>();
  auto* demo =
      app.add_subcommand("demo", "Three acts on two QEMUs: a migration, a broken device, a lost PONG");
  auto* source = demo->add_option("--source", options->source,
                                  "QEMU to migrate from (10.2 or later for the expected verdicts)");
  auto* destination = demo->add_option("--destination", options->destination, "QEMU to migrate to");
  auto* scripted =
      demo->add_option("--scripted", options->scripted,
                       "no QEMU: two scripted peers, a model of it; say why there is none, if you like");
  scripted->expected(0, 1)->excludes(source)->excludes(destination);
  demo->add_flag("--or-scripted", options->or_scripted,
                 "take scripted peers, and say so, where the kernel refuses postcopy to the QEMUs")
      ->excludes(scripted);
  demo->add_option("--peer", options->peer, "the scripted peer")->default_val(beside_us("migpeer").string());
  demo->add_option("--migproxy", options->migproxy, "the migproxy program")
      ->default_val(beside_us("migproxy").string());
  demo->add_option("--act", options->acts, "play this act only (may be given again)")
      ->check(CLI::Range(1, 3))
      ->allow_extra_args(false);
  demo->add_option("--keep", options->keep, "keep every log, serial file and trace in this folder");
  demo->add_option("--json", options->json, "write what was observed to this file");
  demo->footer("Exit status: 0 all verdicts as expected, 1 not, 2 wrong usage, 4 could not be run.");
  demo->final_callback([options] { require_qemus(*options); });
  return [options] {
    auto terminal = Terminal::standard_output();
    return play_demo(*options, terminal) ? fine : unexpected;
  };
}

}  // namespace mig::validate
