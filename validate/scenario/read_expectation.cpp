// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>

#include "validate/scenario/read_parts.hpp"
#include "validate/verdict/invariants.hpp"

namespace mig::validate {
namespace {

std::vector<Verdict> read_verdicts(TableReader& table) {
  std::vector<Verdict> verdicts;
  for (const auto& word : table.texts("verdict")) {
    const auto verdict = parse_verdict(word);
    if (!verdict)
      table.refuse(table.find("verdict")->line,
                   "\"" + word + "\" is no verdict" + suggestion(word, verdict_words()));
    verdicts.push_back(*verdict);
  }
  if (verdicts.empty()) table.refuse("[[expect]] needs verdict = \"...\"");
  return verdicts;
}

std::vector<std::string> read_invariants(TableReader& table, std::string_view key) {
  auto names = table.texts(key);
  const auto known = invariant_names();
  for (const auto& name : names)
    if (std::find(known.begin(), known.end(), name) == known.end())
      table.refuse(table.find(key)->line, "\"" + name + "\" is no invariant" + suggestion(name, known));
  return names;
}

std::map<std::string, std::string> read_answers(TableReader& table, const std::vector<Step>& steps) {
  static const std::vector<std::string> words{"accepted", "refused", "done", "in vain"};
  std::map<std::string, std::string> answers;
  const auto* node = table.find("answers");
  if (node == nullptr) return answers;
  for (const auto& [name, answer] : table.json("answers")) {
    const std::string step(name);
    const auto named = [&](const Step& candidate) { return candidate.name == step; };
    if (std::none_of(steps.begin(), steps.end(), named))
      table.refuse(node->line, "no step has the name \"" + step + "\"");
    const std::string word(answer.is_string() ? std::string_view(answer.as_string()) : "");
    if (std::find(words.begin(), words.end(), word) == words.end())
      table.refuse(node->line, "\"" + word + "\" is no answer of a step" + suggestion(word, words));
    answers[step] = word;
  }
  return answers;
}

// Each of these is said of runs through libvirt only.
std::optional<LibvirtExpectation> read_libvirt(TableReader& table) {
  LibvirtExpectation expected;
  expected.libvirt = read_range(table, "libvirt");
  expected.source_domain = table.texts("source-domain");
  expected.destination_domain = table.texts("destination-domain");
  expected.virsh = table.texts("virsh");
  expected.virsh_says = table.text("virsh-says").value_or("");
  expected.cont = table.texts("cont");
  if (table.choice("through", {"direct", "libvirt"}).value_or(0) == 1) return expected;
  for (const auto* key : {"libvirt", "source-domain", "destination-domain", "virsh", "virsh-says", "cont"})
    if (const auto* node = table.find(key))
      table.refuse(node->line, std::string(key) + " needs through = \"libvirt\"");
  return std::nullopt;
}

}  // namespace

VersionRange read_range(TableReader& table, std::string_view key) {
  const auto text = table.text(key);
  if (!text) return {};
  const auto range = VersionRange::parse(*text);
  if (!range)
    table.refuse(table.find(key)->line, std::string(key) + " = \"" + *text +
                                            "\" is no range of versions such as \"7.2\", \">=10.2\", "
                                            "\">=9.1, <10.2\" or \"*\"");
  return *range;
}

std::optional<Expectation> read_expectation(const Node& node, const std::string& file,
                                            const std::vector<Step>& steps, Road road) {
  TableReader table(node, file, "[[expect]]");
  Expectation expected;
  expected.source = read_range(table, "source");
  expected.destination = read_range(table, "destination");
  expected.libvirt = read_libvirt(table);
  if (expected.libvirt.has_value() != (road == Road::libvirt)) return std::nullopt;
  expected.verdicts = read_verdicts(table);
  expected.source_ends = table.texts("source-ends");
  expected.destination_ends = table.texts("destination-ends");
  expected.source_statuses = table.texts("source-passes");
  expected.answers = read_answers(table, steps);
  expected.breaks = read_invariants(table, "breaks");
  expected.may_break = read_invariants(table, "may-break");
  expected.because = table.need_text("because");
  expected.finding = table.text("finding").value_or("");
  expected.flaky = table.text("flaky").value_or("");
  table.done();
  return expected;
}

}  // namespace mig::validate
