// SPDX-License-Identifier: GPL-2.0-or-later
#include <CLI/CLI.hpp>
#include <fstream>
#include <iterator>
#include <memory>

#include "validate/base/errors.hpp"
#include "validate/cli/commands.hpp"
#include "validate/report/confusion.hpp"
#include "validate/report/write_reports.hpp"

namespace mig::validate {
namespace {

void read_results(const std::string& file, std::vector<CellResult>& all) {
  std::ifstream in(file);
  if (!in) throw WrongUsage("cannot read " + file + ": give what `migvalidate run --json` wrote");
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  const auto foreign = [&](const std::string& why) {
    return WrongUsage(file + " is no result of `migvalidate run --json`: " + why);
  };
  try {
    const auto parsed = boost::json::parse(text);
    for (const auto& cell : parsed.as_object().at("cells").as_array()) all.push_back(result_from(cell));
  } catch (const boost::system::system_error& error) {
    throw foreign(error.code().message());
  } catch (const std::exception&) {
    throw foreign("something that belongs there is missing");
  }
}

}  // namespace

Command add_merge(CLI::App& app) {
  struct Options {
    std::vector<std::string> files;
    ReportFiles reports;
  };
  auto options = std::make_shared<Options>();
  auto* command = app.add_subcommand("merge", "Join the results of several `run --shard I/N --json FILE`");
  command->add_option("FILE", options->files, "what --json wrote")->required();
  add_report_options(*command, options->reports);
  command->footer("Example:\n  migvalidate merge part-*.json -o report.html");
  return [options] {
    check_writable(options->reports);
    std::vector<CellResult> results;
    for (const auto& file : options->files) read_results(file, results);
    mark_flaky(results);
    auto terminal = Terminal::standard_output();
    show_confusion(results, terminal);
    write_reports(results, options->reports);
    return anything_run(results) ? exit_code_of(results) : nothing_was_run();
  };
}

}  // namespace mig::validate
