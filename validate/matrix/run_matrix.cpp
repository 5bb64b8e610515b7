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

std::string line_of(const CellResult& result, std::size_t done, std::size_t all) {
  std::ostringstream line;
  line << '[' << done << '/' << all << "] " << result.scenario << "  " << result.source << " -> "
       << result.destination;
  if (result.repeat > 1) line << " (" << result.repeat << ')';
  line << "  ";
  if (result.outcome == Outcome::not_run)
    line << "NOT RUN: " << result.reason;
  else
    line << result.verdict << (result.outcome == Outcome::as_expected ? "" : ", expected " + result.expected);
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
    if (result.outcome == Outcome::not_applicable) return;
    const auto tone = result.outcome == Outcome::as_expected ? Tone::good : Tone::bad;
    terminal_.line(line_of(result, done_, cells_.size()), tone);
    for (const auto& difference : result.differences) terminal_.bullet(difference);
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

std::vector<CellResult> run_matrix(const std::vector<Scenario>& scenarios, const MatrixOptions& options,
                                   Terminal& terminal) {
  auto results = Workers(cells_of(scenarios, options), options, terminal).work();
  mark_flaky(results);
  return results;
}

}  // namespace mig::validate
