// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/matrix/run_matrix.hpp"

#include <atomic>
#include <mutex>
#include <sstream>
#include <thread>

#include "validate/base/errors.hpp"
#include "validate/matrix/run_cell.hpp"

namespace mig::validate {
namespace {

std::uint32_t hash_of(const std::string& text) {  // FNV-1a: the same everywhere, so that shards fit together
  std::uint32_t hash = 2166136261U;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
  return hash;
}

bool in_shard(const Cell& cell, const Shard& shard) {
  const auto key = cell.scenario->name + "|" + cell.source->name + "|" + cell.destination->name;
  return hash_of(key) % shard.count == shard.index - 1;
}

std::vector<Cell> cells_of(const std::vector<Scenario>& scenarios, const MatrixOptions& options) {
  std::vector<Cell> cells;
  for (const auto& scenario : scenarios)
    for (const auto& [source, destination] : options.pairs)
      for (int repeat = 1; repeat <= options.repeat; ++repeat)
        if (const Cell cell{&scenario, &source, &destination, repeat}; in_shard(cell, options.shard))
          cells.push_back(cell);
  return cells;
}

/// Cells that are run, and results of those that are not.
struct Plan {
  std::vector<Cell> cells;
  std::vector<CellResult> passed_over;

  Plan(const std::vector<Scenario>& scenarios, const MatrixOptions& options) {
    for (const auto& cell : cells_of(scenarios, options))
      if (auto result = not_applicable(cell, options))
        passed_over.push_back(*std::move(result));
      else
        cells.push_back(cell);
  }
};

// A run takes about five seconds, most of them waiting.
std::string size_of(std::size_t runs, std::size_t jobs) {
  const auto seconds = (runs * 9 / 2 + jobs - 1) / jobs;
  return std::to_string(runs) + " runs, about " +
         (seconds < 100 ? std::to_string((seconds + 9) / 10 * 10) + " seconds"
                        : std::to_string((seconds + 59) / 60) + " minutes");
}

std::string line_of(const CellResult& result, std::size_t done, std::size_t all) {
  std::ostringstream line;
  line << '[' << done << '/' << all << "] " << result.scenario << "  " << result.source << " -> "
       << result.destination;
  if (result.repeat > 1) line << " (" << result.repeat << ')';
  line << "  ";
  if (result.outcome == Outcome::not_run)
    line << "NOT RUN: " << result.reason;
  else
    line << result.verdict << (result.after_rescue.empty() ? "" : ", then " + result.after_rescue)
         << (result.expected.empty() || result.outcome == Outcome::as_expected
                 ? ""
                 : ", expected " + result.expected);
  if (result.outcome == Outcome::as_expected && !result.finding.empty()) line << "  (a finding)";
  return line.str();
}

/// Several threads take cells in turn; the first Ctrl-C ends all of them.
class Workers {
 public:
  Workers(std::vector<Cell> cells, const MatrixOptions& options, Terminal& terminal)
      : cells_(std::move(cells)), results_(cells_.size()), options_(options), terminal_(terminal) {}

  std::vector<CellResult> work() {
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < options_.jobs; ++i) threads.emplace_back([this] { take_cells(); });
    for (auto& thread : threads) thread.join();
    if (interrupted_) throw Interrupted();
    return std::move(results_);
  }

 private:
  void take_cells() {
    try {
      for (std::size_t at = next_++; at < cells_.size() && !interrupted_; at = next_++) take(at);
    } catch (const Interrupted&) {
      interrupted_ = true;
    }
  }

  void take(std::size_t at) {
    std::ostringstream story;
    Terminal aside(story, terminal_.colourful());
    const bool live = options_.verbose && options_.jobs == 1;
    results_[at] = run_cell(cells_[at], options_, live ? terminal_ : aside);
    const std::lock_guard lock(telling_);
    if (options_.verbose && !live) terminal_.raw(story.str());
    tell(results_[at]);
  }

  void tell(const CellResult& result) {
    ++done_;
    const auto tone = result.outcome == Outcome::as_expected ? Tone::good
                      : result.outcome == Outcome::observed  ? Tone::plain
                                                             : Tone::bad;
    terminal_.line(line_of(result, done_, cells_.size()), tone);
    const bool judged = result.outcome != Outcome::observed;
    for (const auto& line : judged ? result.differences : result.broken) terminal_.bullet(line);
  }

  std::vector<Cell> cells_;
  std::vector<CellResult> results_;
  const MatrixOptions& options_;
  Terminal& terminal_;
  std::atomic<std::size_t> next_ = 0;
  std::atomic<bool> interrupted_ = false;
  std::mutex telling_;
  std::size_t done_ = 0;
};

}  // namespace

void list_cells(const std::vector<Scenario>& scenarios, const MatrixOptions& options, Terminal& terminal) {
  const Plan plan(scenarios, options);
  for (const auto& cell : plan.cells) {
    const auto expected = expected_of(cell, options);
    terminal.line(cell.scenario->name + "  " + cell.source->name + " -> " + cell.destination->name +
                      (cell.repeat > 1 ? " (" + std::to_string(cell.repeat) + ")" : "") + "  " +
                      (expected.empty() ? "no expectation" : expected),
                  Tone::plain);
  }
  terminal.line(size_of(plan.cells.size(), options.jobs) + "; " + std::to_string(plan.passed_over.size()) +
                    " do not apply",
                Tone::dim);
}

std::vector<CellResult> run_matrix(const std::vector<Scenario>& scenarios, const MatrixOptions& options,
                                   Terminal& terminal) {
  Plan plan(scenarios, options);
  if (plan.cells.size() > 9) terminal.line(size_of(plan.cells.size(), options.jobs), Tone::dim);
  auto results = Workers(std::move(plan.cells), options, terminal).work();
  results.insert(results.end(), plan.passed_over.begin(), plan.passed_over.end());
  mark_flaky(results);
  return results;
}

}  // namespace mig::validate
