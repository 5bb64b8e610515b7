// SPDX-License-Identifier: GPL-2.0-or-later
// The scenarios tagged "demo", one after the other, with words around them.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "validate/base/files.hpp"
#include "validate/catalogue/catalogue.hpp"
#include "validate/cli/commands.hpp"
#include "validate/matrix/run_matrix.hpp"
#include "validate/report/write_reports.hpp"
#include "validate/run/qmp_driver.hpp"

namespace mig::validate {
namespace {

struct DemoOptions {
  std::string source, destination, old;
  std::string note;
  std::vector<int> acts{1, 2, 3, 4};
  bool check = false;
  MatrixOptions matrix;
  ReportFiles reports;
};

void introduce(const std::string& note, Terminal& terminal) {
  if (!note.empty()) {
    terminal.line(note, Tone::bad);
    terminal.blank();
  }
  terminal.paragraph("migwire: two QEMUs, migproxy between them, and a guest that counts on its serial port.",
                     Tone::bold);
  terminal.paragraph(
      "Whose guest counts on, runs. The verdicts rest on that and on QMP, never on what the proxy says.");
  terminal.blank();
}

std::vector<Scenario> acts_of(const std::vector<int>& numbers) {
  std::vector<std::string> names;
  for (const auto number : numbers) names.push_back("demo-" + std::to_string(number));
  return find_scenarios(names);
}

// A path is long; what matters is the version.
QemuChoice qemu_of(const std::string& name) {
  auto qemu = choose_qemu(name, false);
  qemu.name = to_string(qemu.version);
  return qemu;
}

int play(DemoOptions& options) {
  auto terminal = Terminal::standard_output();
  auto& matrix = options.matrix;
  matrix.pairs = {{qemu_of(options.source), qemu_of(options.destination)}};
  if (!options.old.empty()) {
    matrix.pairs.emplace_back(qemu_of(options.old), qemu_of(options.old));
    check_migreplay(matrix.rescuer);
  }
  const auto scenarios = acts_of(options.acts);
  check_capabilities(matrix.pairs.front().second.path, scenarios.front().destination);
  if (options.check) return fine;
  check_writable(options.reports);
  if (!matrix.keep.empty()) create_folder(matrix.keep);
  introduce(options.note, terminal);
  const auto results = run_matrix(scenarios, matrix, terminal);
  write_reports(results, options.reports);
  const auto count = [&](Outcome outcome) {
    return std::count_if(results.begin(), results.end(),
                         [&](const auto& one) { return one.outcome == outcome; });
  };
  const auto good = count(Outcome::as_expected);
  const auto played = static_cast<std::ptrdiff_t>(results.size()) - count(Outcome::not_applicable);
  const bool all = good == played;
  terminal.paragraph(std::to_string(good) + " of " + std::to_string(played) + " verdicts as expected." +
                         (options.note.empty() ? "" : " Remember: " + options.note) +
                         (matrix.keep.empty() ? "" : " Everything is kept in " + matrix.keep.string() + "."),
                     all ? Tone::good : Tone::bad);
  return anything_run(results) ? exit_code_of(results) : nothing_was_run();
}

}  // namespace

std::filesystem::path beside_us(const char* name) {
  std::error_code unknown;
  return std::filesystem::read_symlink("/proc/self/exe", unknown).parent_path() / name;
}

Command add_demo(CLI::App& app) {
  auto options = std::make_shared<DemoOptions>();
  options->matrix.verbose = true;
  options->matrix.rescuer = beside_us("migreplay");
  auto* demo =
      app.add_subcommand("demo", "Acts on two QEMUs: a migration, a broken device, a lost PONG, a rescue");
  demo->add_option("--source", options->source, "QEMU to migrate from: 10.2 or later, a version or a path")
      ->required();
  demo->add_option("--destination", options->destination, "QEMU to migrate to")->required();
  demo->add_option("--old", options->old, "a QEMU before 10.2 for act 4, which is not played without it");
  demo->add_option("--migproxy", options->matrix.migproxy, "the migproxy program")
      ->type_name("PROGRAM")
      ->default_val(beside_us("migproxy").string());
  demo->add_option("--act", options->acts, "play this act only (may be given again)")
      ->check(CLI::Range(1, 4))
      ->allow_extra_args(false);
  demo->add_option("--note", options->note, "a line to begin and to end with, such as what these QEMUs are");
  demo->add_flag("--check", options->check, "only see whether these QEMUs may do postcopy here");
  demo->add_option("--keep", options->matrix.keep, "keep every log, serial file and trace in this folder")
      ->type_name("FOLDER");
  demo->add_option("--json", options->reports.json, "write what was observed to this file")
      ->type_name("FILE");
  demo->footer("Exit status: 0 all verdicts as expected, 1 not, 2 wrong usage, 4 could not be run.");
  return [options] { return play(*options); };
}

}  // namespace mig::validate
