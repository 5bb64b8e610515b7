// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/expect/compare.hpp"

#include <algorithm>

namespace mig::validate {
namespace {

template <typename List, typename Text>
std::string joined(const List& list, Text text) {
  std::string all;
  for (const auto& one : list) all += (all.empty() ? "" : " or ") + std::string(text(one));
  return all;
}

std::string as_is(const std::string& text) { return text; }

bool contains(const std::vector<std::string>& list, const std::string& text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

void compare_end(Side side, const std::vector<std::string>& wanted, const std::string& end,
                 std::vector<std::string>& out) {
  const auto fits = [&](const std::string& pattern) { return matches_glob(pattern, end); };
  if (wanted.empty() || std::any_of(wanted.begin(), wanted.end(), fits)) return;
  out.push_back(std::string("the ") + to_string(side) + " was expected to end " + joined(wanted, as_is) +
                ", and ended " + end);
}

void compare_passes(const std::vector<std::string>& wanted, const SideObservations& side,
                    std::vector<std::string>& out) {
  auto next = wanted.begin();
  for (const auto& change : side.changes)
    if (next != wanted.end() && change.kind == StateChange::Kind::status && change.text == *next) ++next;
  if (next != wanted.end()) out.push_back("the source was expected to go through " + *next + ", and did not");
}

void compare_steps(const Expectation& expected, const Observations& seen, std::vector<std::string>& out) {
  for (const auto& step : seen.steps) {
    const auto wanted = expected.answers.find(step.name);
    const bool named = !step.name.empty() && wanted != expected.answers.end();
    if (named ? step.answer == wanted->second : step.met) continue;
    out.push_back(step.text + ": " + std::string(to_string(step.answer)) +
                  (step.detail.empty() ? "" : ", " + step.detail) +
                  (named ? "; expected: " + std::string(to_string(wanted->second)) : ""));
  }
}

void compare_invariants(const Expectation& expected, const Judgement& judgement,
                        std::vector<std::string>& out) {
  for (const auto& broken : judgement.broken)
    if (!contains(expected.breaks, broken.name) && !contains(expected.may_break, broken.name))
      out.push_back(broken.text);
  for (const auto& name : expected.breaks) {
    const auto is = [&](const Violation& broken) { return broken.name == name; };
    if (std::none_of(judgement.broken.begin(), judgement.broken.end(), is))
      out.push_back("the invariant \"" + name + "\" was expected to break, and held");
  }
}

void compare_word(const char* what, const std::vector<std::string>& wanted, const std::string& seen,
                  std::vector<std::string>& out) {
  if (wanted.empty() || contains(wanted, seen)) return;
  const auto quoted = [](const std::string& text) { return "\"" + text + "\""; };
  out.push_back(std::string(what) + " was expected to be " + joined(wanted, quoted) + ", and is \"" + seen +
                "\"");
}

void compare_libvirt(const LibvirtExpectation& expected, const LibvirtSeen& seen,
                     std::vector<std::string>& out) {
  compare_word("domstate on the source", expected.source_domain, seen.source_domain, out);
  compare_word("domstate on the destination", expected.destination_domain, seen.destination_domain, out);
  compare_word("the end of virsh migrate", expected.virsh, seen.virsh, out);
  compare_word("the outcome of the destination's cont", expected.cont, seen.cont, out);
  if (seen.virsh_says.find(expected.virsh_says) == std::string::npos)
    out.push_back("virsh was expected to say \"" + expected.virsh_says + "\", and said \"" + seen.virsh_says +
                  "\"");
}

}  // namespace

const Expectation* expectation_for(const std::vector<Expectation>& expectations, QemuVersion source,
                                   QemuVersion destination, std::optional<QemuVersion> libvirt) {
  for (const auto& expected : expectations) {
    const auto& when = expected.when;
    const bool fits_libvirt = !libvirt || when.libvirt.contains(*libvirt);
    if (fits_libvirt && when.source.contains(source) && when.destination.contains(destination))
      return &expected;
  }
  return nullptr;
}

std::vector<std::string> differences(const Expectation& expected, const Observations& seen,
                                     const Judgement& judgement) {
  std::vector<std::string> out;
  const auto& verdicts = expected.verdicts;
  if (std::find(verdicts.begin(), verdicts.end(), judgement.verdict) == verdicts.end())
    out.push_back("the verdict was expected to be " +
                  joined(verdicts, [](Verdict verdict) { return to_string(verdict); }) + ", and is " +
                  std::string(to_string(judgement.verdict)));
  compare_end(Side::source, expected.source_ends, ending_of(seen.source), out);
  compare_end(Side::destination, expected.destination_ends, ending_of(seen.destination), out);
  compare_passes(expected.source_statuses, seen.source, out);
  compare_steps(expected, seen, out);
  compare_invariants(expected, judgement, out);
  if (expected.libvirt && seen.libvirt) compare_libvirt(*expected.libvirt, *seen.libvirt, out);
  return out;
}

bool matches_glob(std::string_view pattern, std::string_view text) {
  const auto star = pattern.find('*');
  if (star == std::string_view::npos) return pattern == text;
  if (text.substr(0, star) != pattern.substr(0, star)) return false;
  const auto rest = pattern.substr(star + 1);
  for (auto at = star; at <= text.size(); ++at)
    if (matches_glob(rest, text.substr(at))) return true;
  return false;
}

}  // namespace mig::validate
