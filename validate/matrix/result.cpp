// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/matrix/result.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <stdexcept>
#include <tuple>
#include <type_traits>

namespace json = boost::json;

namespace mig::validate {
namespace {

constexpr std::array<std::string_view, 6> outcome_words{"as-expected", "unexpected",     "flaky",
                                                        "not-run",     "not-applicable", "observed"};

struct TextField {
  const char* key;
  std::string CellResult::*member;
};
constexpr std::array<TextField, 13> text_fields{{{"scenario", &CellResult::scenario},
                                                 {"title", &CellResult::title},
                                                 {"about", &CellResult::about},
                                                 {"source", &CellResult::source},
                                                 {"destination", &CellResult::destination},
                                                 {"verdict", &CellResult::verdict},
                                                 {"after-rescue", &CellResult::after_rescue},
                                                 {"expected", &CellResult::expected},
                                                 {"because", &CellResult::because},
                                                 {"finding", &CellResult::finding},
                                                 {"flaky", &CellResult::flaky},
                                                 {"reason", &CellResult::reason},
                                                 {"command", &CellResult::command}}};

struct ListField {
  const char* key;
  std::vector<std::string> CellResult::*member;
};
constexpr std::array<ListField, 3> list_fields{{{"differences", &CellResult::differences},
                                                {"evidence", &CellResult::evidence},
                                                {"broken-invariants", &CellResult::broken}}};

Outcome outcome_from(std::string_view word) {
  const auto found = std::find(outcome_words.begin(), outcome_words.end(), word);
  if (found == outcome_words.end()) throw std::invalid_argument("no outcome: " + std::string(word));
  return static_cast<Outcome>(found - outcome_words.begin());
}

template <typename Result>
using Repeats = std::vector<Result*>;

/// What was run, cell by cell, in the order of the results.
template <typename Results>
auto repeats_in(Results& results) {
  using Result = std::remove_reference_t<decltype(results.front())>;
  std::map<std::tuple<std::string, std::string, std::string>, std::size_t> places;
  std::vector<Repeats<Result>> cells;
  for (auto& one : results) {
    if (one.verdict.empty()) continue;
    const auto [place, fresh] = places.try_emplace({one.scenario, one.source, one.destination}, cells.size());
    if (fresh) cells.emplace_back();
    cells[place->second].push_back(&one);
  }
  return cells;
}

template <typename Result>
std::set<std::string> verdicts_of(const Repeats<Result>& repeats) {
  std::set<std::string> verdicts;
  for (const auto* one : repeats) verdicts.insert(one->verdict);
  return verdicts;
}

template <typename Result>
bool foreseen(const Repeats<Result>& repeats) {
  return std::all_of(repeats.begin(), repeats.end(), [](const CellResult* one) {
    return one->outcome == Outcome::as_expected && !one->flaky.empty();
  });
}

std::string joined(const std::set<std::string>& words) {
  std::string all;
  for (const auto& word : words) all += (all.empty() ? "" : ", ") + word;
  return all;
}

}  // namespace

std::string_view to_string(Outcome outcome) { return outcome_words.at(static_cast<std::size_t>(outcome)); }

json::object to_json(const CellResult& result) {
  json::object object{
      {"outcome", to_string(result.outcome)}, {"repeat", result.repeat}, {"seconds", result.seconds}};
  for (const auto& [key, member] : text_fields) object[key] = result.*member;
  for (const auto& [key, member] : list_fields) object[key] = json::value_from(result.*member);
  if (result.wire) object["wire"] = to_json(*result.wire);
  object["observations"] = result.observations;
  object["files"] = result.files;
  return object;
}

json::object brief_json(const CellResult& result) {
  auto object = to_json(result);
  for (const char* key : {"observations", "files", "evidence", "about", "wire"}) object.erase(key);
  return object;
}

CellResult result_from(const json::value& value) {
  const auto& object = value.as_object();
  CellResult result;
  result.outcome = outcome_from(std::string_view(object.at("outcome").as_string()));
  result.repeat = object.at("repeat").to_number<int>();
  result.seconds = object.at("seconds").to_number<double>();
  result.scenario = object.at("scenario").as_string();
  for (const auto& [key, member] : text_fields)  // one that an earlier version did not write is empty
    if (const auto* text = object.if_contains(key)) result.*member = std::string(text->as_string());
  for (const auto& [key, member] : list_fields)
    result.*member = json::value_to<std::vector<std::string>>(object.at(key));
  if (const auto* wire = object.if_contains("wire")) result.wire = proof_from(*wire);
  result.observations = object.at("observations").as_object();
  result.files = object.at("files").as_object();
  return result;
}

void mark_flaky(std::vector<CellResult>& results) {
  for (const auto& repeats : repeats_in(results)) {
    if (verdicts_of(repeats).size() < 2 || foreseen(repeats)) continue;
    for (auto* one : repeats) {
      one->outcome = Outcome::flaky;
      one->differences.push_back("repeats do not agree: " + joined(verdicts_of(repeats)));
    }
  }
}

std::vector<std::string> foreseen_flaky(const std::vector<CellResult>& results) {
  std::vector<std::string> lines;
  for (const auto& repeats : repeats_in(results)) {
    if (verdicts_of(repeats).size() < 2 || !foreseen(repeats)) continue;
    const auto& one = *repeats.front();
    lines.push_back(one.scenario + "  " + one.source + " -> " + one.destination + "  " +
                    joined(verdicts_of(repeats)) + ": " + one.flaky);
  }
  return lines;
}

bool anything_run(const std::vector<CellResult>& results) {
  return std::any_of(results.begin(), results.end(),
                     [](const CellResult& one) { return one.outcome != Outcome::not_applicable; });
}

int exit_code_of(const std::vector<CellResult>& results) {
  const auto any = [&](auto... outcomes) {
    return std::any_of(results.begin(), results.end(),
                       [&](const CellResult& one) { return ((one.outcome == outcomes) || ...); });
  };
  if (any(Outcome::unexpected, Outcome::flaky)) return 1;
  return any(Outcome::not_run) ? 4 : 0;
}

}  // namespace mig::validate
