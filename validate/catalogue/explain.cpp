// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/catalogue/explain.hpp"

#include <algorithm>

#include "validate/base/size_text.hpp"

namespace mig::validate {
namespace {

std::string joined(const std::vector<std::string>& list, const char* between) {
  std::string text;
  for (const auto& one : list) text += (text.empty() ? "" : between) + one;
  return text;
}

std::string words_of(const std::vector<Verdict>& verdicts) {
  std::vector<std::string> words;
  for (const auto verdict : verdicts) words.emplace_back(to_string(verdict));
  return joined(words, " or ");
}

void explain_setting(const Scenario& scenario, Terminal& terminal) {
  const auto& guest = scenario.guest;
  terminal.bullet("guest: verifies " + size_text(guest.end - guest.begin) + ", dirties " +
                  size_text(guest.dirty_end - guest.begin) + " of it");
  terminal.bullet("source: " + joined(scenario.source.capabilities, ", ") +
                  (scenario.source.paused ? ", -S" : ""));
  terminal.bullet("destination: " + joined(scenario.destination.capabilities, ", ") +
                  (scenario.destination.paused ? ", -S" : ""));
  if (scenario.shared_disk) terminal.bullet("one raw disk image for both sides, with QEMU's image locking");
  if (scenario.tls) terminal.bullet("TLS with a pre-shared key");
  if (!scenario.libvirt.migrate.empty())
    terminal.bullet("virsh migrate " + joined(scenario.libvirt.migrate, " "));
  for (const auto& fault : scenario.faults) terminal.bullet("migproxy --fault '" + fault + "'", Tone::proxy);
  if (scenario.direct) terminal.bullet("no migproxy: the source connects to the destination");
}

void explain_end(const char* what, const std::vector<std::string>& words, Terminal& terminal) {
  if (!words.empty()) terminal.bullet(what + joined(words, " or "), Tone::dim);
}

void explain_libvirt(const LibvirtExpectation& expected, Terminal& terminal) {
  explain_end("domstate of the source: ", expected.source_domain, terminal);
  explain_end("domstate of the destination: ", expected.destination_domain, terminal);
  explain_end("virsh migrate: ", expected.virsh, terminal);
  explain_end("libvirt's cont on the destination: ", expected.cont, terminal);
}

void explain_expectation(const Expectation& expected, Terminal& terminal) {
  const auto& when = expected.when;
  const auto driver = expected.libvirt ? "libvirt " + when.libvirt.text() + ", " : "";
  terminal.paragraph(
      driver + when.source.text() + " -> " + when.destination.text() + ": " + words_of(expected.verdicts),
      Tone::bold);
  terminal.paragraph(refolded(expected.because), Tone::plain, "    ");
  explain_end("source ends ", expected.source_ends, terminal);
  explain_end("destination ends ", expected.destination_ends, terminal);
  if (expected.libvirt) explain_libvirt(*expected.libvirt, terminal);
  if (!expected.flaky.empty()) terminal.bullet("differs from run to run: " + expected.flaky, Tone::dim);
  if (!expected.finding.empty()) terminal.bullet("FINDING: " + expected.finding, Tone::bad);
}

}  // namespace

void list_scenarios(const std::vector<Scenario>& scenarios, Terminal& terminal) {
  std::size_t longest = 0;
  for (const auto& scenario : scenarios) longest = std::max(longest, scenario.name.size());
  for (const auto& scenario : scenarios) {
    auto name = scenario.name;
    name.resize(longest + 2, ' ');
    terminal.line(name + scenario.title, Tone::plain);
  }
}

void explain(const Scenario& scenario, Terminal& terminal) {
  terminal.heading(scenario.name + ": " + scenario.title);
  terminal.paragraph(refolded(scenario.about));
  terminal.blank();
  explain_setting(scenario, terminal);
  terminal.blank();
  terminal.paragraph("Steps", Tone::bold);
  for (const auto& step : scenario.steps) terminal.bullet(step->describe());
  terminal.blank();
  if (!scenario.needs_because.empty())
    terminal.paragraph("Needs source " + scenario.needs.source.text() + ", destination " +
                       scenario.needs.destination.text() + ": " + scenario.needs_because);
  for (const auto& expected : scenario.expectations) explain_expectation(expected, terminal);
  if (!scenario.judged) terminal.paragraph("No expectation: the verdict is what is asked for.");
}

}  // namespace mig::validate
