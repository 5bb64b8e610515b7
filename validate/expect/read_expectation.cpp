// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/expect/read_expectation.hpp"

#include <algorithm>
#include <array>

#include "validate/expect/feature.hpp"

namespace mig::validate {
namespace {

VersionRange read_range(TableReader& table, std::string_view key) {
  const auto text = table.text(key);
  const auto range = VersionRange::parse(text.value_or("*"));
  if (!range)
    table.refuse(table.find(key)->line, std::string(key) + " = \"" + *text +
                                            "\" is not a range of versions such as \"7.2\", \">=10.2\", "
                                            "\">=9.1, <10.2\" or \"*\"");
  return *range;
}

const Feature& feature_of(const Node& node, const std::string& file) {
  const auto& name = std::get<std::string>(node.value);
  const auto* feature = find_feature(name);
  if (feature == nullptr)
    throw Refusal(file, node.line, "\"" + name + "\" is not a feature" + suggestion(name, feature_names()));
  return *feature;
}

When versions_with(const Feature& feature) {
  return {*VersionRange::parse(feature.source), *VersionRange::parse(feature.destination), {}};
}

// "postcopy-device", or { source = ">=10.2", destination = "7.2" }.
When read_when(TableReader& table, bool through_libvirt) {
  const auto* node = table.find("when");
  if (node == nullptr) return {};
  if (std::holds_alternative<std::string>(node->value)) return versions_with(feature_of(*node, table.file()));
  TableReader ranges(*node, table.file(), "when");
  When when{read_range(ranges, "source"), read_range(ranges, "destination"), {}};
  if (through_libvirt) when.libvirt = read_range(ranges, "libvirt");
  ranges.done();
  return when;
}

std::vector<Verdict> read_verdicts(TableReader& table) {
  std::vector<Verdict> verdicts;
  for (const auto& word : table.known_texts("verdict", verdict_words()))
    verdicts.push_back(*parse_verdict(word));
  if (verdicts.empty()) table.refuse("an expectation needs verdict = \"...\"");
  return verdicts;
}

// "STATUS / RUN STATE", each of them a * or a word of QEMU's; or how the process ended.
std::vector<std::string> read_end(TableReader& table, std::string_view side) {
  auto ends = table.texts(side);
  const auto check = [&](const std::string& word, const std::vector<std::string>& known) {
    if (word.find('*') == std::string::npos && std::find(known.begin(), known.end(), word) == known.end())
      table.refuse(table.find(side)->line, "\"" + word + "\" is not known" + suggestion(word, known));
  };
  for (const auto& end : ends) {
    if (end == "*" || end.starts_with("gone: ")) continue;
    const auto slash = end.find(" / ");
    if (slash == std::string::npos)
      table.refuse(table.find(side)->line,
                   "\"" + end + "\" is not an end such as \"failed / running\" or \"gone: exit code 1\"");
    check(end.substr(0, slash), migration_statuses());
    check(end.substr(slash + 3), run_states());
  }
  return ends;
}

void read_ends(TableReader& table, Expectation& expected) {
  const auto* node = table.find("ends");
  if (node == nullptr) return;
  TableReader ends(*node, table.file(), "ends");
  expected.source_ends = read_end(ends, "source");
  expected.destination_ends = read_end(ends, "destination");
  ends.done();
}

std::map<std::string, Answer> read_answers(TableReader& table, const std::vector<std::string>& steps) {
  std::map<std::string, Answer> answers;
  const auto* node = table.find("answers");
  if (node == nullptr) return answers;
  for (const auto& [key, value] : table.json("answers")) {
    const std::string step(key);
    if (std::find(steps.begin(), steps.end(), step) == steps.end())
      table.refuse(node->line, "no step has the name \"" + step + "\"");
    const std::string word(value.is_string() ? std::string_view(value.as_string()) : "");
    const auto answer = parse_answer(word);
    if (!answer)
      table.refuse(node->line,
                   "\"" + word + "\" is not an answer of a step" + suggestion(word, answer_words()));
    answers[step] = *answer;
  }
  return answers;
}

LibvirtExpectation read_libvirt(TableReader& table) {
  LibvirtExpectation expected;
  expected.virsh = table.texts("virsh");
  expected.virsh_says = table.text("virsh-says").value_or("");
  expected.cont = table.texts("cont");
  const auto* node = table.find("domains");
  if (node == nullptr) return expected;
  TableReader domains(*node, table.file(), "domains");
  expected.source_domain = domains.texts("source");
  expected.destination_domain = domains.texts("destination");
  domains.done();
  return expected;
}

// Keys of earlier versions, and how the same is written now.
void refuse_old_keys(TableReader& table) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 9> replaced{
      {{"source", "when = { source = \"...\" }, or a feature: when = \"postcopy-device\""},
       {"destination", "when = { destination = \"...\" }"},
       {"libvirt", "when = { libvirt = \"...\" } in [[libvirt.expect]]"},
       {"through", "a block of its own, [[libvirt.expect]]"},
       {"source-ends", "ends = { source = \"...\" }"},
       {"destination-ends", "ends = { destination = \"...\" }"},
       {"source-passes", "passes = [...]"},
       {"source-domain", "domains = { source = \"...\" } in [[libvirt.expect]]"},
       {"destination-domain", "domains = { destination = \"...\" } in [[libvirt.expect]]"}}};
  for (const auto& [old, now] : replaced) table.refuse_old(old, now);
}

}  // namespace

Expectation read_expectation(const Node& node, const std::string& file, const std::vector<std::string>& steps,
                             bool through_libvirt) {
  TableReader table(node, file, through_libvirt ? "[[libvirt.expect]]" : "[[expect]]");
  refuse_old_keys(table);
  Expectation expected;
  expected.when = read_when(table, through_libvirt);
  expected.verdicts = read_verdicts(table);
  read_ends(table, expected);
  expected.source_statuses = table.known_texts("passes", migration_statuses());
  expected.answers = read_answers(table, steps);
  expected.breaks = table.known_texts("breaks", invariant_names());
  expected.may_break = table.known_texts("may-break", invariant_names());
  if (through_libvirt) expected.libvirt = read_libvirt(table);
  expected.because = table.text("because").value_or("");
  expected.finding = table.text("finding").value_or("");
  expected.flaky = table.text("flaky").value_or("");
  table.done();
  return expected;
}

Needs read_needs(const Node& node, const std::string& file) {
  if (std::holds_alternative<std::string>(node.value)) {
    const auto& feature = feature_of(node, file);
    return {versions_with(feature), std::string(feature.without)};
  }
  TableReader table(node, file, "[needs]");
  Needs needs{{read_range(table, "source"), read_range(table, "destination"), {}}, {}};
  needs.because = table.text("because").value_or("it needs a source " + needs.when.source.text() +
                                                 " and a destination " + needs.when.destination.text() + ".");
  table.done();
  return needs;
}

}  // namespace mig::validate
