// SPDX-License-Identifier: GPL-2.0-or-later
// A command of the user's own, with what it needs to know in its environment.
#include <boost/process/search_path.hpp>

#include "validate/base/child_process.hpp"
#include "validate/base/files.hpp"
#include "validate/steps/parts.hpp"

namespace mig::validate {
namespace {

struct Run final : Step {
  std::vector<std::string> words;
  Seconds within = wait_limit;
  std::optional<Answer> expected;

  std::string describe() const override {
    std::string text = "run";
    for (const auto& word : words) text += " " + word;
    return text;
  }
  StepResult take(StepContext& run) const override {
    const TempDir files;
    auto program = std::filesystem::path(words.front());
    if (!program.has_parent_path()) program = boost::process::search_path(program.string()).string();
    if (program.empty()) return {Answer::refused, "there is no program " + words.front(), false};
    Launch launch{program, {words.begin() + 1, words.end()}, files.path() / "out", files.path() / "err"};
    launch.environment = environment_of(run);
    ChildProcess process(launch);
    (void)run.watcher.pump(within, [&] { return !process.running(); });
    const bool ended = !process.running();
    if (!ended) process.kill();
    QmpReply reply;
    reply.ok = ended && process.exit_code() == 0;
    if (!reply.ok) {
      const auto said = tail_of(launch.errors);
      reply.error = (ended ? process.end() : "no end within " + duration_text(within)) +
                    (said.empty() ? "" : ": " + said);
    }
    return answered(reply, expected);
  }

 private:
  static std::vector<std::pair<std::string, std::string>> environment_of(StepContext& run) {
    std::vector<std::pair<std::string, std::string>> all{{"MIG_PROXY", run.address},
                                                         {"MIG_DESTINATION", run.listening}};
    for (const auto side : both_sides)
      all.emplace_back(side == Side::source ? "MIG_SOURCE_PID" : "MIG_DESTINATION_PID",
                       std::to_string(run.driver.side(side).pid()));
    return all;
  }
};

}  // namespace

std::unique_ptr<Step> read_run(TableReader& table) {
  auto step = std::make_unique<Run>();
  step->words = table.texts("run");
  if (step->words.empty()) table.refuse("run needs a command, such as [\"tc\", \"qdisc\", \"show\"]");
  step->within = read_within(table);
  step->expected = read_expected(table);
  return step;
}

}  // namespace mig::validate
