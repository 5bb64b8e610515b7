// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/demo/demo.hpp"

#include <algorithm>
#include <fstream>
#include <optional>
#include <string>

#include "validate/base/errors.hpp"
#include "validate/base/files.hpp"
#include "validate/demo/demo_acts.hpp"
#include "validate/report/json_report.hpp"
#include "validate/report/narrator.hpp"
#include "validate/run/qmp_driver.hpp"
#include "validate/run/run_scenario.hpp"

namespace json = boost::json;
namespace fs = std::filesystem;

namespace mig::validate {
namespace {

fs::path folder_of(const Act& act, const fs::path& base) {
  auto folder = base / ("act-" + std::to_string(act.number));
  create_folder(folder);
  return folder;
}

bool play(const Act& act, const Bench& bench, Terminal& terminal, json::array& report) {
  Narrator narrator(terminal);
  terminal.heading("Act " + std::to_string(act.number) + " of 3: " + act.title);
  terminal.paragraph(act.before);
  for (const auto& rule : act.scenario.faults)
    terminal.paragraph("migproxy --fault '" + rule + "'", Tone::proxy, "      ");
  terminal.blank();
  const auto seen = run_scenario(act.scenario, bench, narrator);
  const auto judgement = judge(seen);
  const bool as_expected = judgement.verdict == act.expected && judgement.broken.empty();
  terminal.blank();
  narrator.show(judgement, as_expected && act.expected != Verdict::split_brain ? Tone::good : Tone::bad);
  terminal.blank();
  if (as_expected) terminal.paragraph(act.after);
  if (!as_expected)
    terminal.paragraph("Expected here was " + std::string(to_string(act.expected)) + ".", Tone::bad);
  terminal.blank();
  report.push_back(json::object{{"act", act.number},
                                {"title", act.title},
                                {"expected", to_string(act.expected)},
                                {"as-expected", as_expected},
                                {"judgement", to_json(judgement)},
                                {"observations", to_json(seen)}});
  return as_expected;
}

constexpr const char* scripted_says =
    ": scripted peers speak the real format, but the verdicts are those of our model, not of QEMU.";

void introduce(const DemoOptions& options, Terminal& terminal) {
  if (options.scripted) {
    const auto why = options.scripted->empty() ? std::string() : " (" + *options.scripted + ")";
    terminal.line("no real QEMU" + why + scripted_says, Tone::bad);
    terminal.blank();
  }
  terminal.paragraph(std::string("migwire: two ") + (options.scripted ? "scripted peers" : "real QEMUs") +
                         ", migproxy between them, and a guest that counts on its serial port.",
                     Tone::bold);
  terminal.paragraph(
      "Whose guest counts on, runs. The verdicts rest on that and on QMP, never on what the proxy says.");
  terminal.blank();
}

// Found out before the first line of output, which has to say it.
DemoOptions with_peers(DemoOptions options) {
  if (!options.scripted && options.or_scripted) try {
      check_capabilities(options.destination, demo_acts().front().scenario.destination);
    } catch (const UserfaultfdRefused&) {
      options.scripted =
          "this kernel refuses userfaultfd; as root, or with vm.unprivileged_userfaultfd=1, it would";
    }
  if (options.scripted) options.source = options.destination = options.peer;
  return options;
}

void write_report(const fs::path& path, const json::array& acts) {
  std::ofstream out(path);
  out << json::serialize(json::object{{"acts", acts}}) << '\n';
  if (!out.flush()) throw CouldNotRun("cannot write " + path.string() + ": choose another file for --json");
}

}  // namespace

bool play_demo(const DemoOptions& given, Terminal& terminal) {
  const auto options = with_peers(given);
  std::optional<TempDir> scratch;
  if (options.keep.empty()) scratch.emplace();
  const auto base = scratch ? scratch->path() : fs::absolute(options.keep);
  json::array report;
  int as_expected = 0;
  int played = 0;
  introduce(options, terminal);
  for (const auto& act : demo_acts()) {
    if (std::find(options.acts.begin(), options.acts.end(), act.number) == options.acts.end()) continue;
    const Bench bench{options.source, options.destination, options.migproxy, folder_of(act, base), {}, false};
    as_expected += play(act, bench, terminal, report) ? 1 : 0;
    ++played;
  }
  if (!options.json.empty()) write_report(options.json, report);
  const auto all = as_expected == played;
  terminal.paragraph(std::to_string(as_expected) + " of " + std::to_string(played) + " verdicts as expected" +
                         (options.scripted ? ", of scripted peers: our model, not QEMU." : ".") +
                         (scratch ? "" : " Everything is kept in " + base.string() + "."),
                     all ? Tone::good : Tone::bad);
  return all;
}

}  // namespace mig::validate
