// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/run/narrator.hpp"

namespace mig::validate {
namespace {

std::string change_text(const StateChange& change) {
  switch (change.kind) {
    case StateChange::Kind::status: return "migration status " + change.text;
    case StateChange::Kind::run_state: return "run state " + change.text;
    case StateChange::Kind::guest:
    case StateChange::Kind::process: return change.text;
  }
  return change.text;
}

}  // namespace

void Narrator::on_action(Seconds at, const std::string& text) {
  terminal_.step(at, "migvalidate", Tone::bold, text);
}

void Narrator::on_change(Side side, const StateChange& change) {
  const auto tone = side == Side::source ? Tone::source : Tone::destination;
  terminal_.step(change.at, to_string(side), tone, change_text(change));
}

void Narrator::on_proxy(const ProxyLine& line) {
  if (!line.repeats) terminal_.step(line.at, "migproxy", Tone::proxy, line.text);
}

void Narrator::on_note(const Note& note) { terminal_.step(note.at, note.who, Tone::plain, note.text); }

void Narrator::on_check(Seconds, const std::string& title, const Judgement& judgement) {
  terminal_.blank();
  if (!title.empty()) terminal_.paragraph(title, Tone::bold);
  show(judgement, Tone::bold);
  terminal_.blank();
}

void Narrator::introduce(const Scenario& scenario) {
  terminal_.heading(scenario.title);
  terminal_.paragraph(refolded(scenario.about));
  for (const auto& rule : scenario.faults)
    terminal_.paragraph("migproxy --fault '" + rule + "'", Tone::proxy, "      ");
  terminal_.blank();
}

void Narrator::show(const Judgement& judgement, Tone tone) {
  terminal_.verdict(to_string(judgement.verdict), tone, meaning(judgement.verdict));
  for (const auto& line : judgement.evidence) terminal_.bullet(line, Tone::dim);
  for (const auto& broken : judgement.broken) terminal_.bullet(broken.text, Tone::bad);
}

void Narrator::show_rescue(const RescueJudgement& rescue, const Judgement& before, Tone tone) {
  if (rescue.rescued)
    terminal_.verdict("RESCUED", tone, "A third QEMU runs the same guest, and nobody else does.");
  else
    terminal_.verdict(to_string(before.verdict), Tone::bad, meaning(before.verdict));
  for (const auto& line : rescue.evidence) terminal_.bullet(line, Tone::dim);
  for (const auto& broken : before.broken) terminal_.bullet(broken.text, Tone::bad);
}

}  // namespace mig::validate
