// SPDX-License-Identifier: GPL-2.0-or-later
#include <CLI/CLI.hpp>
#include <map>
#include <memory>
#include <set>
#include <sstream>
#include <thread>

#include "validate/base/errors.hpp"
#include "validate/catalogue/catalogue.hpp"
#include "validate/cli/commands.hpp"
#include "validate/libvirt/use_libvirt.hpp"
#include "validate/matrix/run_matrix.hpp"
#include "validate/matrix/sweep.hpp"
#include "validate/report/confusion.hpp"
#include "validate/report/write_reports.hpp"

namespace mig::validate {
namespace {

struct RunOptions {
  Sweep sweep;
  std::vector<std::string> scenarios;
  std::string source = "11.1";
  std::string destination = "11.1";
  std::vector<std::string> matrix;
  bool fetch = false;
  bool allow_none = false;
  bool list = false;
  bool rescue = false;
  bool no_wire = false;
  DriverKind driver = DriverKind::direct;
  std::string libvirt = "12.8";
  std::string shard = "1/1";
  MatrixOptions matrix_options;
  ReportFiles reports;
};

Shard parse_shard(const std::string& text) {
  Shard shard;
  char slash = 0;
  std::istringstream in(text);
  if (!(in >> shard.index >> slash >> shard.count) || slash != '/' || !in.eof() || shard.index < 1 ||
      shard.index > shard.count)
    throw CLI::ValidationError("--shard", "\"" + text + "\" is not I/N with I from 1 to N");
  return shard;
}

void choose_pairs(RunOptions& options) {
  auto& pairs = options.matrix_options.pairs;
  if (options.matrix.empty()) {
    pairs.emplace_back(choose_qemu(options.source, options.fetch),
                       choose_qemu(options.destination, options.fetch));
    return;
  }
  std::vector<QemuChoice> qemus;
  for (const auto& name : options.matrix) qemus.push_back(choose_qemu(name, options.fetch));
  for (const auto& source : qemus)
    for (const auto& destination : qemus) pairs.emplace_back(source, destination);
}

// By reason, since one reason often holds for many.
void tell_what_does_not_apply(const std::vector<CellResult>& results, Terminal& terminal) {
  std::map<std::string, std::set<std::string>> scenarios;
  for (const auto& one : results)
    if (one.outcome == Outcome::not_applicable) scenarios[one.reason].insert(one.scenario);
  for (const auto& [reason, names] : scenarios) {
    std::string text;
    for (const auto& name : names) text += (text.empty() ? "" : ", ") + name;
    terminal.paragraph("does not apply: " + text + ": " + reason, Tone::dim);
  }
}

void tell_sum(const std::vector<CellResult>& results, Terminal& terminal) {
  std::array<std::size_t, 6> counts{};
  for (const auto& one : results) ++counts.at(static_cast<std::size_t>(one.outcome));
  std::ostringstream text;
  text << counts[0] << " as expected, " << counts[1] << " unexpected, " << counts[2] << " flaky, "
       << counts[3] << " not run, " << counts[4] << " do not apply";
  if (counts[5] != 0) text << ", " << counts[5] << " without an expectation";
  terminal.line(text.str(), exit_code_of(results) == 0 ? Tone::good : Tone::bad);
}

// Whatever can be found out before the first run is.
void prepare(RunOptions& options) {
  choose_pairs(options);
  check_writable(options.reports);
  auto& matrix = options.matrix_options;
  if (options.rescue) matrix.rescuer = matrix.migreplay;
  if (options.no_wire) matrix.migreplay.clear();
  check_migreplay(matrix.migreplay);
  matrix.collect_files = !options.reports.html.empty() || !options.reports.json.empty();
  if (!matrix.keep.empty()) create_folder(matrix.keep);
}

int finish(std::vector<CellResult> results, const RunOptions& options, Terminal& terminal) {
  for (const auto& line : foreseen_flaky(results)) terminal.bullet("flaky, as foreseen: " + line, Tone::dim);
  tell_what_does_not_apply(results, terminal);
  show_confusion(results, terminal);
  tell_sum(results, terminal);
  write_reports(results, options.reports);
  // One of several shards may well be empty; `merge` sees all of them.
  const bool may_be_none = options.allow_none || options.matrix_options.shard.count > 1;
  return anything_run(results) || may_be_none ? exit_code_of(results) : nothing_was_run();
}

int run(RunOptions& options) {
  auto terminal = Terminal::standard_output();
  if (options.driver == DriverKind::libvirt) libvirt::use_libvirt(options.libvirt, options.matrix_options);
  const auto scenarios = find_scenarios(options.scenarios, options.driver);
  prepare(options);
  if (options.list) {
    list_cells(scenarios, options.matrix_options, terminal);
    return fine;
  }
  return finish(run_matrix(scenarios, options.matrix_options, terminal), options, terminal);
}

int sweep(RunOptions& options) {
  auto terminal = Terminal::standard_output();
  prepare(options);
  auto results = run_sweep(options.sweep, options.matrix_options, terminal);
  show_map(results, terminal);
  return finish(std::move(results), options, terminal);
}

void add_options(CLI::App& command, RunOptions& options) {
  auto& matrix = options.matrix_options;
  auto* source = command.add_option("--source", options.source, "QEMU to migrate from: a version or a path");
  auto* destination = command.add_option("--destination", options.destination, "QEMU to migrate to");
  for (auto* option : {source, destination}) option->capture_default_str();
  command.add_option("--matrix", options.matrix, "versions or paths: each to each, 7.2,10.0,11.1")
      ->delimiter(',')
      ->excludes(source)
      ->excludes(destination);
  command.add_flag("--fetch", options.fetch, "fetch versions that are missing (about 40 MB each)");
  command.add_option("--migproxy", matrix.migproxy, "the migproxy program")
      ->type_name("PROGRAM")
      ->default_val(beside_us("migproxy").string());
  add_migreplay(command, matrix.migreplay);
  command.add_flag("--no-wire", options.no_wire, "do not hold each run's recording against the guests");
  command.add_option("--jobs,-j", matrix.jobs, "how many at a time")
      ->default_val(std::max(1U, std::thread::hardware_concurrency()))
      ->check(CLI::Range(1, 256));
  command
      .add_option("--repeat", matrix.repeat,
                  "run each cell N times; cells with differing verdicts are reported as flaky")
      ->check(CLI::Range(1, 1000));
  command.add_option("--seed", matrix.seed, "for fault rules with chance= or jitter=");
  command.add_option("--shard", options.shard, "I/N: a stable share of the cells; `merge` joins them");
  command.add_flag("--allow-none", options.allow_none, "exit status 0 though nothing applies to these QEMUs");
  command.add_option("--keep", matrix.keep, "keep all files of each run in this folder")->type_name("FOLDER");
  command.add_flag("--rescue", options.rescue,
                   "bring back a guest that nobody runs at the end, by migreplay rescue into a third QEMU");
  command.add_flag("--verbose,-v", matrix.verbose, "print what happens in each run");
}

}  // namespace

Command add_run(CLI::App& app) {
  auto options = std::make_shared<RunOptions>();
  auto* command = app.add_subcommand("run", "Run scenarios on real QEMUs and compare with what is expected");
  command->add_option("SCENARIO", options->scenarios,
                      "names, patterns (\"drop-*\"), tags (ci), files or folders; all if none is given");
  command->add_flag("--list", options->list, "only print what would be run, and what is expected");
  add_options(*command, *options);
  add_driver_option(*command, options->driver);
  command
      ->add_option("--libvirt", options->libvirt, "11.3, 12.8 (scripts/get-libvirt.sh), system, or a folder")
      ->capture_default_str();
  add_report_options(*command, options->reports);
  command->footer(
      "Examples:\n"
      "  migvalidate run drop-pong --verbose\n"
      "  migvalidate run mine.toml --source /opt/qemu/bin/qemu-system-x86_64 --destination 7.2\n"
      "  migvalidate run drop-pong --through libvirt --libvirt 12.8 --verbose\n"
      "  migvalidate run corrupt-device --matrix 10.0,11.1 --rescue\n"
      "  migvalidate run --matrix 7.2,10.0,11.1 --report report.html --junit junit.xml");
  command->final_callback([options] { options->matrix_options.shard = parse_shard(options->shard); });
  return [options] { return run(*options); };
}

Command add_sweep(CLI::App& app) {
  auto options = std::make_shared<RunOptions>();
  auto* command =
      app.add_subcommand("sweep", "The same fault at every unit boundary of a migration in turn, as a map");
  command->add_option("--how", options->sweep.action, "what is done there")
      ->check(CLI::IsMember(sweep_actions()))
      ->capture_default_str();
  command->add_option("--at", options->sweep.at, "this boundary only, as the map names it: pong:0x42");
  add_options(*command, *options);
  add_report_options(*command, options->reports);
  command->footer(
      "Examples:\n"
      "  migvalidate sweep --source 11.1 --destination 11.1\n"
      "  migvalidate sweep --how drop --matrix 7.2,11.1 --report map.html\n"
      "  migvalidate sweep --at pong:0x42 --verbose");
  command->final_callback([options] { options->matrix_options.shard = parse_shard(options->shard); });
  return [options] { return sweep(*options); };
}

}  // namespace mig::validate
