// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/verdict/json.hpp"

#include <string>

namespace json = boost::json;

namespace mig::validate {
namespace {

const char* kind_text(StateChange::Kind kind) {
  switch (kind) {
    case StateChange::Kind::status: return "status";
    case StateChange::Kind::run_state: return "run-state";
    case StateChange::Kind::guest: return "guest";
    case StateChange::Kind::process: return "process";
  }
  return "";
}

json::object side_json(const SideObservations& side) {
  json::array changes;
  for (const auto& change : side.changes)
    changes.push_back(
        json::object{{"at", change.at}, {"kind", kind_text(change.kind)}, {"text", change.text}});
  json::array ticks;
  for (const auto& batch : side.ticks)
    ticks.push_back(
        json::object{{"at", batch.at}, {"first", batch.first}, {"last", batch.last}, {"count", batch.count}});
  json::array verified;
  for (const auto& round : side.memory.verified)
    verified.push_back(json::object{{"at", round.at}, {"round", round.number}});
  const json::object memory{{"verified", verified}, {"bad-pages", json::value_from(side.memory.bad_pages)}};
  return {{"memory", memory},
          {"version", side.version},
          {"package", side.package},
          {"status", side.status},
          {"run-state", side.run_state},
          {"error", side.error},
          {"process-end", side.process_end},
          {"crashed", side.crashed},
          {"tick-jumps", side.tick_jumps},
          {"changes", changes},
          {"ticks", ticks}};
}

json::array strings(const std::vector<std::string>& list) {
  json::array array;
  for (const auto& text : list) array.push_back(json::string(text));
  return array;
}

}  // namespace

json::object to_json(const Judgement& judgement) {
  json::array broken;
  for (const auto& one : judgement.broken)
    broken.push_back(json::object{{"invariant", one.name}, {"text", one.text}});
  return {{"verdict", to_string(judgement.verdict)},
          {"meaning", meaning(judgement.verdict)},
          {"evidence", strings(judgement.evidence)},
          {"broken-invariants", broken}};
}

static json::object to_json(const LibvirtSeen& libvirt) {
  return {{"version", libvirt.version},
          {"source-domain", libvirt.source_domain},
          {"destination-domain", libvirt.destination_domain},
          {"virsh", libvirt.virsh},
          {"virsh-says", libvirt.virsh_says},
          {"cont", libvirt.cont}};
}

json::object to_json(const Observations& seen) {
  json::array rescues;
  for (const auto& rescue : seen.rescues)
    rescues.push_back(json::object{{"at", rescue.at},
                                   {"side", to_string(rescue.side)},
                                   {"command", rescue.command},
                                   {"accepted", rescue.accepted},
                                   {"error", rescue.error}});
  json::array steps;
  for (const auto& step : seen.steps)
    steps.push_back(json::object{{"at", step.at},
                                 {"step", step.text},
                                 {"answer", to_string(step.answer)},
                                 {"detail", step.detail},
                                 {"as-asked", step.met}});
  json::array notes;
  for (const auto& note : seen.notes)
    notes.push_back(json::object{{"at", note.at}, {"who", note.who}, {"text", note.text}});
  json::array rules;
  for (const auto& rule : seen.rules)
    rules.push_back(json::object{{"rule", rule.rule}, {"fired", rule.fired}});
  json::array earlier;
  for (const auto& side : seen.earlier_destinations) earlier.push_back(side_json(side));
  json::array proxy;
  for (const auto& line : seen.proxy) proxy.push_back(json::object{{"at", line.at}, {"text", line.text}});
  json::object object{{"source", side_json(seen.source)},
                      {"destination", side_json(seen.destination)},
                      {"watched", json::object{{"from", seen.watched_from}, {"to", seen.watched_to}}},
                      {"earlier-destinations", earlier},
                      {"steps", steps},
                      {"rescues", rescues},
                      {"notes", notes},
                      {"rules", rules},
                      {"proxy", proxy}};
  if (seen.libvirt) object["libvirt"] = to_json(*seen.libvirt);
  if (seen.rescue)
    object["rescue"] = json::object{{"at", seen.rescue->at},
                                    {"took", seen.rescue->took},
                                    {"problem", seen.rescue->problem},
                                    {"source", side_json(seen.rescue->source)},
                                    {"guest", side_json(seen.rescue->guest)}};
  if (seen.proxy_exit) object["proxy-exit"] = *seen.proxy_exit;
  return object;
}

}  // namespace mig::validate
