// SPDX-License-Identifier: GPL-2.0-or-later
// Kept runs, held once more against the migreplay of today.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <fstream>
#include <iterator>
#include <memory>
#include <mutex>
#include <thread>

#include "validate/base/errors.hpp"
#include "validate/base/files.hpp"
#include "validate/cli/commands.hpp"
#include "validate/report/confusion.hpp"
#include "validate/report/write_reports.hpp"
#include "validate/run/run_setup.hpp"

namespace fs = std::filesystem;

namespace mig::validate {
namespace {

struct JudgeOptions {
  std::vector<fs::path> folders;
  fs::path migreplay;
  bool uncertain = false;
  ReportFiles reports;
};

std::vector<fs::path> runs_in(const std::vector<fs::path>& folders) {
  std::vector<fs::path> runs;
  for (const auto& folder : folders) {
    if (!fs::is_directory(folder)) throw WrongUsage(folder.string() + " is not a folder");
    for (const auto& entry : fs::recursive_directory_iterator(folder))
      if (entry.path().filename() == "result.json" && fs::exists(entry.path().parent_path() / recording_name))
        runs.push_back(entry.path().parent_path());
  }
  if (runs.empty()) throw WrongUsage("no run that `migvalidate run --keep FOLDER` kept is there");
  std::sort(runs.begin(), runs.end());
  return runs;
}

CellResult read_result(const fs::path& folder) try {
  std::ifstream in(folder / "result.json");
  return result_from(boost::json::parse(std::string{std::istreambuf_iterator<char>(in), {}}));
} catch (const std::exception&) {
  throw WrongUsage((folder / "result.json").string() + " is no result of `migvalidate run --keep`");
}

void judge_again(CellResult& one, const fs::path& folder, const fs::path& migreplay) {
  if (!one.wire) return;
  const TempDir scratch;
  one.wire->answers = ask_wire(migreplay, folder / recording_name, scratch.path());
}

std::vector<CellResult> judge_all(const std::vector<fs::path>& folders, const fs::path& migreplay) {
  std::vector<CellResult> results;
  for (const auto& folder : folders) results.push_back(read_result(folder));
  std::atomic<std::size_t> next = 0;
  std::exception_ptr failure;
  std::mutex failing;
  const auto work = [&] {
    try {
      for (auto at = next++; at < results.size(); at = next++)
        judge_again(results[at], folders[at], migreplay);
    } catch (...) {
      const std::lock_guard lock(failing);
      failure = std::current_exception();
    }
  };
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < std::max(1U, std::thread::hardware_concurrency()); ++i) threads.emplace_back(work);
  for (auto& thread : threads) thread.join();
  if (failure) std::rethrow_exception(failure);
  return results;
}

/// What is wrong, and where wanted what is not certain; true: nothing is wrong.
bool print(const std::vector<CellResult>& results, bool uncertain, Terminal& terminal) {
  bool good = true;
  for (const auto& one : results) {
    if (!one.wire) continue;
    const auto name = one.scenario + "  " + one.source + " -> " + one.destination + "  " + one.verdict;
    for (const auto& broken : broken_by_wire(*one.wire)) {
      good = false;
      terminal.line(name + ": " + broken.text, Tone::bad);
    }
    const auto open = [&](View view) { return one.wire->held(view) == Held::uncertain; };
    if (uncertain && std::any_of(all_views.begin(), all_views.end(), open))
      terminal.line(name + ": " + text_of(*one.wire), Tone::plain);
  }
  show_confusion(results, terminal);
  return good;
}

}  // namespace

Command add_judge(CLI::App& app) {
  auto options = std::make_shared<JudgeOptions>();
  auto* command =
      app.add_subcommand("judge", "Hold kept runs once more against what migreplay says of their recordings");
  command->add_option("FOLDER", options->folders, "what `migvalidate run --keep` kept")->required();
  add_migreplay(*command, options->migreplay);
  command->add_flag("--uncertain", options->uncertain, "list what is not certain, too");
  add_report_options(*command, options->reports);
  command->footer("Example:\n  migvalidate judge kept/ --uncertain");
  return [options] {
    check_migreplay(options->migreplay);
    check_writable(options->reports);
    const auto results = judge_all(runs_in(options->folders), options->migreplay);
    auto terminal = Terminal::standard_output();
    const bool good = print(results, options->uncertain, terminal);
    write_reports(results, options->reports);
    return good ? fine : unexpected;
  };
}

}  // namespace mig::validate
