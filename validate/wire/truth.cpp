// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/wire/truth.hpp"

#include <algorithm>
#include <map>

namespace json = boost::json;

namespace mig::validate {
namespace {

using Words = std::vector<std::string>;

bool contains(const Words& list, const std::string& word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

bool ticks(const SideObservations& side, const Observations& seen) {
  return ticks_between(side.ticks, seen.watched_from, seen.watched_to).count != 0;
}

std::string runner_of(const Observations& seen) {
  const bool source = ticks(seen.source, seen);
  if (ticks(seen.destination, seen)) return source ? "both" : "destination";
  return source ? "source" : "nobody";
}

bool refused_cont(const Observations& seen, Side side) {
  return std::any_of(seen.rescues.begin(), seen.rescues.end(),
                     [&](const auto& attempt) { return attempt.side == side && !attempt.accepted; });
}

Words cannot_run(const Observations& seen) {
  Words out;
  if (!seen.source.process_end.empty() || refused_cont(seen, Side::source)) out.emplace_back("source");
  if (!seen.destination.process_end.empty() || refused_cont(seen, Side::destination))
    out.emplace_back("destination");
  return out;
}

std::string joined(const Words& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : " or ") + word;
  return text;
}

std::string text_of(const WireAnswer& answer) {
  return answer.outcome.empty() ? "no answer" : answer.outcome + " (" + joined(answer.possible) + ")";
}

std::string truth_text(const WireTruth& truth) {
  if (!truth.unseen.empty())
    return "right is " + joined(truth.right) + ", since " + truth.unseen + " is not on the wire";
  auto text = "the guest runs on: " + truth.runner;
  if (!truth.cannot.empty()) text += "; it cannot run on: " + joined(truth.cannot);
  return text;
}

}  // namespace

const std::vector<Unseen>& unseen_causes() {
  static const std::vector<Unseen> causes{
      {"cont-lock-stolen", "a stolen disk lock", {"destination", "nobody"}},  // libvirt kills it then
      {"lock-stolen-running", "a stolen disk lock", {"destination"}},
      {"source-lock-stolen", "a stolen disk lock", {"source", "nobody"}},
      {"drop-pong-cut-locked", "a disk lock that works", {"both", "source", "destination"}},
      {"drop-shut-locked", "a disk lock that works", {"both", "source", "destination"}},
      {"corrupt-payload", "a guest that died of its own state", {"destination"}},
      {"drop@device:apic", "a guest that died of its own state", {"destination"}},  // of `sweep --how drop`
      {"drop@device:cpu", "a guest that died of its own state", {"destination"}},
      {"tcg-dirty", "a guest that died of its own memory", {"destination"}},
      {"kill-source", "a source that died, and not its link", {"source", "nobody", "destination"}},
  };
  return causes;
}

/// libvirt starts a destination with -S: one that is loaded waits for `cont`, and no packet shows whether it
/// came.
void allow_waiting_destination(const Observations& seen, WireTruth& truth) {
  if (!seen.libvirt || !truth.unseen.empty() || !seen.destination.ticks.empty()) return;
  truth.unseen = "a `cont` that libvirt has not given to the destination";
  truth.right.emplace_back(truth.runner == "source" ? "both" : "destination");
}

WireTruth truth_of(const Observations& seen, std::string_view scenario) {
  WireTruth truth{runner_of(seen), cannot_run(seen), {}, {}};
  truth.right = {truth.runner};
  for (const auto& one : unseen_causes()) {
    if (one.scenario != scenario) continue;
    truth.unseen = one.cause;
    truth.right = one.right;
  }
  allow_waiting_destination(seen, truth);
  return truth;
}

std::string_view to_string(Held held) {
  constexpr std::array<std::string_view, 5> words{"certain", "uncertain", "wrong", "no-answer", "encrypted"};
  return words.at(static_cast<std::size_t>(held));
}

Held held(const WireAnswer& answer, const WireTruth& truth) {
  if (answer.outcome.empty() || answer.possible.empty()) return Held::no_answer;
  const auto right = [&](const std::string& word) { return contains(answer.possible, word); };
  if (std::none_of(truth.right.begin(), truth.right.end(), right)) return Held::wrong;
  if (!answer.certain()) return Held::uncertain;
  const bool impossible = truth.unseen.empty() && contains(truth.cannot, answer.possible.front());
  return impossible ? Held::wrong : Held::certain;
}

Held WireProof::held(View view) const {
  return encrypted ? Held::encrypted : validate::held(answers.at(static_cast<std::size_t>(view)), truth);
}

std::vector<Violation> broken_by_wire(const WireProof& proof) {
  std::vector<Violation> out;
  for (const auto view : all_views) {
    const auto& answer = proof.answers.at(static_cast<std::size_t>(view));
    const auto text = "the wire, " + std::string(to_string(view)) + ": " + text_of(answer);
    const auto how = proof.held(view);
    if (how == Held::wrong || how == Held::no_answer)
      out.push_back({"wire", text + "; " + truth_text(proof.truth)});
    if (how == Held::uncertain && answer.would_decide.empty())
      out.push_back({"wire", text + " does not say what would decide it"});
  }
  return out;
}

std::string text_of(const WireProof& proof) {
  if (proof.encrypted) return "the wire: encrypted (TLS)";
  std::string text = "the wire:";
  for (const auto view : all_views)
    text += (view == View::both_legs ? " " : "; ") + std::string(to_string(view)) + " " +
            text_of(proof.answers.at(static_cast<std::size_t>(view)));
  return text;
}

json::object to_json(const WireProof& proof) {
  json::object views;
  for (const auto view : all_views) {
    auto one = to_json(proof.answers.at(static_cast<std::size_t>(view)));
    one["held"] = to_string(proof.held(view));
    views[to_string(view)] = std::move(one);
  }
  return {{"runner", proof.truth.runner},
          {"cannot", json::value_from(proof.truth.cannot)},
          {"right", json::value_from(proof.truth.right)},
          {"unseen", proof.truth.unseen},
          {"encrypted", proof.encrypted},
          {"views", std::move(views)}};
}

WireProof proof_from(const json::value& value) {
  const auto& object = value.as_object();
  WireProof proof;
  proof.truth = {std::string(object.at("runner").as_string()), json::value_to<Words>(object.at("cannot")),
                 json::value_to<Words>(object.at("right")), std::string(object.at("unseen").as_string())};
  proof.encrypted = object.at("encrypted").as_bool();
  for (const auto view : all_views)
    proof.answers.at(static_cast<std::size_t>(view)) =
        answer_from(object.at("views").as_object().at(to_string(view)));
  return proof;
}

}  // namespace mig::validate
