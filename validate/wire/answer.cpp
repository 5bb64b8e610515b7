// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/wire/answer.hpp"

#include <fstream>
#include <iterator>

#include "validate/base/child_process.hpp"
#include "validate/base/errors.hpp"
#include "validate/base/files.hpp"

namespace fs = std::filesystem;
namespace json = boost::json;

namespace mig::validate {
namespace {

constexpr std::array<std::string_view, all_views.size()> names{"both legs", "source leg", "destination leg"};
constexpr Seconds answer_limit = 120;

std::vector<std::string> leg_of(View view) {
  if (view == View::source_leg) return {"--leg", "source"};
  if (view == View::destination_leg) return {"--leg", "destination"};
  return {};
}

std::string printed_by(const fs::path& migreplay, const fs::path& recording, View view,
                       const fs::path& folder) {
  std::vector<std::string> arguments{"summary", "--json"};
  for (auto& word : leg_of(view)) arguments.push_back(std::move(word));
  arguments.push_back(recording.string());
  const Launch launch{migreplay, std::move(arguments), folder / "migreplay.json",
                      folder / "migreplay.stderr"};
  ChildProcess process(launch);
  if (!process.wait_for(answer_limit))
    throw CouldNotRun("migreplay has not answered within two minutes: " + recording.string());
  std::ifstream in(launch.output);
  std::string text{std::istreambuf_iterator<char>(in), {}};
  // 1: there is no migration, which is an answer, too.
  if (const int code = process.exit_code(); code != 0 && code != 1)
    throw CouldNotRun("migreplay ended with " + process.end() + ": " + tail_of(launch.errors));
  return text;
}

}  // namespace

std::string_view to_string(View view) { return names.at(static_cast<std::size_t>(view)); }

WireAnswer read_answer(std::string_view printed) try {
  const auto parsed = json::parse(printed);
  const auto& migrations = parsed.as_object().at("migrations").as_array();
  return migrations.empty() ? WireAnswer{} : answer_from(migrations.back().as_object().at("verdict"));
} catch (const std::exception&) {
  throw CouldNotRun("migreplay did not print a summary as JSON. Is it migreplay, of this version?");
}

WireAnswers ask_wire(const fs::path& migreplay, const fs::path& recording, const fs::path& folder) {
  WireAnswers answers;
  for (const auto view : all_views)
    answers.at(static_cast<std::size_t>(view)) = read_answer(printed_by(migreplay, recording, view, folder));
  for (const auto* name : {"migreplay.json", "migreplay.stderr"}) fs::remove(folder / name);
  return answers;
}

json::object to_json(const WireAnswer& answer) {
  return {{"outcome", answer.outcome},
          {"possible", json::value_from(answer.possible)},
          {"would_decide", json::value_from(answer.would_decide)}};
}

WireAnswer answer_from(const json::value& value) {
  const auto& object = value.as_object();
  return {std::string(object.at("outcome").as_string()),
          json::value_to<std::vector<std::string>>(object.at("possible")),
          json::value_to<std::vector<std::string>>(object.at("would_decide"))};
}

}  // namespace mig::validate
