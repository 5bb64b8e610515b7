// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/matrix/run_cell.hpp"

#include <fstream>

#include "validate/base/errors.hpp"
#include "validate/expect/compare.hpp"
#include "validate/matrix/cell_files.hpp"
#include "validate/run/narrator.hpp"
#include "validate/verdict/json.hpp"
#include "validate/verdict/rescue_verdict.hpp"

namespace fs = std::filesystem;

namespace mig::validate {
namespace {

std::string words_of(const std::vector<Verdict>& verdicts) {
  std::string text;
  for (const auto verdict : verdicts) text += (text.empty() ? "" : " or ") + std::string(to_string(verdict));
  return text;
}

std::string command_of(const Cell& cell, const MatrixOptions& options) {
  return "migvalidate " + options.subcommand + " " + cell.scenario->file + " --source " + cell.source->name +
         " --destination " + cell.destination->name +
         (options.seed ? " --seed " + std::to_string(*options.seed) : "") +
         (options.rescuer.empty() ? "" : " --rescue") +
         (options.libvirt ? " --through libvirt --libvirt " + options.libvirt->name : "") + " --verbose";
}

CellResult begin(const Cell& cell, const MatrixOptions& options) {
  CellResult result;
  result.scenario = cell.scenario->name;
  result.title = cell.scenario->title;
  result.about = cell.scenario->about;
  result.source = cell.source->name;
  result.destination = cell.destination->name;
  if (options.libvirt) result.destination += " (libvirt " + options.libvirt->name + ")";
  result.repeat = cell.repeat;
  result.command = command_of(cell, options);
  return result;
}

CellResult passed_over(CellResult result, Outcome outcome, std::string reason) {
  result.outcome = outcome;
  result.reason = std::move(reason);
  return result;
}

fs::path folder_of(const Cell& cell, const fs::path& base) {
  const auto label = [](const QemuChoice& qemu) {
    return qemu.name.find('/') == std::string::npos ? qemu.name : to_string(qemu.version);
  };
  auto folder = base / cell.scenario->name / (label(*cell.source) + "-to-" + label(*cell.destination));
  if (cell.repeat > 1) folder += "-" + std::to_string(cell.repeat);
  create_folder(folder);
  return fs::absolute(folder);
}

// What migreplay says of the recording, against the guests. A failure of migreplay is a broken invariant,
// too.
void hold_against_wire(CellResult& result, const Scenario& scenario, const fs::path& migreplay,
                       const fs::path& folder, const Observations& seen, Judgement& judgement) {
  const auto recording = folder / recording_name;
  if (migreplay.empty() || !fs::exists(recording)) return;
  try {
    result.wire =
        WireProof{truth_of(seen, scenario.name), ask_wire(migreplay, recording, folder), scenario.tls};
    for (auto& broken : broken_by_wire(*result.wire)) judgement.broken.push_back(std::move(broken));
    judgement.evidence.push_back(text_of(*result.wire));
  } catch (const CouldNotRun& error) {
    judgement.broken.push_back({"wire", error.what()});
  }
}

// A guest that was not brought back is a broken invariant, too.
void judge_rescue_into(CellResult& result, const RescueJudgement& after, Judgement& judgement) {
  result.after_rescue = after.rescued ? "RESCUED" : to_string(judgement.verdict);
  if (!after.rescued) judgement.broken.push_back({"rescue", after.evidence.front()});
  judgement.evidence.insert(judgement.evidence.end(), after.evidence.begin(), after.evidence.end());
}

// Without an expectation the verdict is what is asked for.
void judge_into(CellResult& result, const Expectation* expected, const Observations& seen,
                const Judgement& judgement) {
  result.verdict = to_string(judgement.verdict);
  result.evidence = judgement.evidence;
  for (const auto& broken : judgement.broken) result.broken.push_back(broken.text);
  if (expected != nullptr) result.differences = differences(*expected, seen, judgement);
  result.outcome = expected == nullptr          ? Outcome::observed
                   : result.differences.empty() ? Outcome::as_expected
                                                : Outcome::unexpected;
  result.observations = to_json(seen);
  result.seconds = seen.watched_to;
}

void play(const Cell& cell, const MatrixOptions& options, const fs::path& folder, const Expectation* expected,
          CellResult& result, Terminal& terminal) {
  Narrator narrator(terminal);
  const RunSetup setup{cell.source->path, cell.destination->path, options.migproxy, folder,
                       options.seed,      options.rescuer};
  narrator.introduce(*cell.scenario);
  const auto seen = run_scenario(*cell.scenario, setup, narrator, options.make_driver);
  terminal.blank();
  auto judgement = judge(seen);
  hold_against_wire(result, *cell.scenario, options.migreplay, folder, seen, judgement);
  const auto after = seen.rescue ? std::optional(judge_rescue(seen)) : std::nullopt;
  if (after) judge_rescue_into(result, *after, judgement);
  judge_into(result, expected, seen, judgement);
  const auto tone = result.differences.empty() ? Tone::good : Tone::bad;
  if (after)
    narrator.show_rescue(*after, judgement, tone);
  else
    narrator.show(judgement, tone);
  for (const auto& difference : result.differences) terminal.bullet(difference, Tone::bad);
  terminal.blank();
  terminal.paragraph(refolded(result.because));
  if (!result.finding.empty()) terminal.paragraph("FINDING: " + result.finding, Tone::bad);
  terminal.blank();
}

const Expectation* expectation_of(const Cell& cell, const MatrixOptions& options) {
  const auto libvirt = options.libvirt ? std::optional(options.libvirt->version) : std::nullopt;
  return expectation_for(cell.scenario->expectations, cell.source->version, cell.destination->version,
                         libvirt);
}

// The scenario has nothing to say here: why, in a sentence; empty: it has.
std::string why_it_does_not_apply(const Cell& cell, const MatrixOptions& options) {
  const auto& scenario = *cell.scenario;
  if (!scenario.needs.source.contains(cell.source->version) ||
      !scenario.needs.destination.contains(cell.destination->version))
    return scenario.needs_because;
  if (!scenario.libvirt.cannot.empty()) return scenario.libvirt.cannot;
  if (options.libvirt)
    if (auto reason = options.libvirt->unsupported_reason(scenario)) return *std::move(reason);
  if (!scenario.expectations.empty() || !scenario.judged) return {};
  return options.libvirt ? "it has no [[libvirt.expect]]"
                         : "it expects something of runs with --through libvirt only";
}

}  // namespace

std::optional<CellResult> not_applicable(const Cell& cell, const MatrixOptions& options) {
  auto reason = why_it_does_not_apply(cell, options);
  if (reason.empty() && cell.scenario->judged && expectation_of(cell, options) == nullptr)
    reason = "it expects nothing of this pair";
  if (reason.empty()) return std::nullopt;
  return passed_over(begin(cell, options), Outcome::not_applicable, std::move(reason));
}

std::string expected_of(const Cell& cell, const MatrixOptions& options) {
  const auto* expected = expectation_of(cell, options);
  return expected == nullptr ? "" : words_of(expected->verdicts);
}

CellResult run_cell(const Cell& cell, const MatrixOptions& options, Terminal& terminal) {
  auto result = begin(cell, options);
  const auto* expected = expectation_of(cell, options);
  if (expected != nullptr) {
    result.expected = words_of(expected->verdicts);
    result.because = expected->because;
    result.finding = expected->finding;
    result.flaky = expected->flaky;
  }
  try {
    std::optional<TempDir> scratch;
    if (options.keep.empty()) scratch.emplace();
    const auto folder = folder_of(cell, scratch ? scratch->path() : options.keep);
    play(cell, options, folder, expected, result, terminal);
    if (!options.keep.empty()) keep_for_a_report(folder, result);
    // Repeats that came out as they should are recorded alike.
    const bool recording = cell.repeat == 1 || result.outcome != Outcome::as_expected;
    if (options.collect_files) result.files = collect_files(folder, recording);
  } catch (const CouldNotRun& error) {
    return passed_over(std::move(result), Outcome::not_run, error.what());
  }
  return result;
}

}  // namespace mig::validate
