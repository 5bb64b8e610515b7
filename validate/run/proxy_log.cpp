// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/run/proxy_log.hpp"

#include <algorithm>
#include <array>

namespace json = boost::json;

namespace mig::validate {
namespace {

bool same(const json::value* value, const std::string& wanted) {
  if (value == nullptr) return false;
  if (value->is_string()) return std::string_view(value->as_string()) == wanted;
  return json::serialize(*value) == wanted;
}

bool has(const json::object& line, const std::pair<std::string, std::string>& wanted) {
  const auto* fields = line.if_contains("fields");
  return same(line.if_contains(wanted.first), wanted.second) ||
         (fields != nullptr && fields->is_object() &&
          same(fields->as_object().if_contains(wanted.first), wanted.second));
}

std::string_view text_at(const json::object& line, std::string_view key) {
  const auto* value = line.if_contains(key);
  return value != nullptr && value->is_string() ? std::string_view(value->as_string()) : std::string_view();
}

double number_at(const json::object& line, std::string_view key) {
  const auto* value = line.if_contains(key);
  return value != nullptr && value->is_number() ? value->to_number<double>() : 0;
}

// Pages and sections come by the thousand.
bool happens_once(std::string_view unit) {
  static constexpr std::array<std::string_view, 8> units{"ping", "pong", "package", "listen",
                                                         "run",  "shut", "resume",  "resume-ack"};
  return std::find(units.begin(), units.end(), unit) != units.end();
}

std::string_view mark_of(std::string_view kind, const json::object& line) {
  if (kind == "unit" || kind == "pages") return text_at(line, "direction") == "forward" ? "--> " : "<-- ";
  if (kind == "phase" || kind == "notice" || kind == "verdict") return "=== ";
  if (kind == "warning") return "! ";
  if (kind == "signal") return "* ";
  const auto event = text_at(line, "event");
  return event == "refused" ? "! " : event == "opened" || event == "connected" ? "+ " : "- ";
}

}  // namespace

std::optional<ProxyLine> line_of(const json::object& line) {
  const auto kind = text_at(line, "kind");
  const auto text = text_at(line, "text");
  if (text.empty() || kind == "start" || kind == "part" || kind == "summary") return std::nullopt;
  ProxyLine shown;
  shown.at = number_at(line, "time_us") / 1e6;
  shown.text = std::string(mark_of(kind, line)).append(text);
  const bool untouched = kind == "pages" || text_at(line, "decision") == "forwarded";
  shown.repeats = (kind == "unit" || kind == "pages") && untouched && !happens_once(text_at(line, "event"));
  return shown;
}

std::string ProxyLog::listening() {
  read_new();
  if (lines_.empty() || text_at(lines_.front(), "kind") != "start") return {};
  started_us_ = number_at(lines_.front(), "monotonic_us");
  return std::string(text_at(lines_.front(), "listen"));
}

std::vector<ProxyLine> ProxyLog::new_lines(const RunClock& clock) {
  read_new();
  std::vector<ProxyLine> fresh;
  for (; next_line_ < lines_.size(); ++next_line_) {
    auto line = line_of(lines_[next_line_]);
    if (!line) continue;
    line->at = clock.from_monotonic(started_us_ / 1e6 + line->at);
    fresh.push_back(*std::move(line));
  }
  return fresh;
}

bool ProxyLog::saw(const Fields& fields) {
  read_new();
  const auto matches = [&](const json::object& line) {
    return std::all_of(fields.begin(), fields.end(), [&](const auto& wanted) { return has(line, wanted); });
  };
  const auto begin = lines_.begin() + static_cast<std::ptrdiff_t>(next_seen_);
  const auto found = std::find_if(begin, lines_.end(), matches);
  if (found == lines_.end()) return false;
  next_seen_ = static_cast<std::size_t>(found - lines_.begin()) + 1;
  return true;
}

std::vector<RuleCount> ProxyLog::rules_fired() {
  read_new();
  std::vector<RuleCount> counts;
  const auto* rules = lines_.empty() ? nullptr : lines_.back().if_contains("rules");
  if (rules == nullptr || !same(lines_.back().if_contains("event"), "summary")) return counts;
  for (const auto& rule : rules->as_array()) {
    const auto& object = rule.as_object();
    counts.push_back(
        {std::string(object.at("rule").as_string()), object.at("fired").to_number<std::uint64_t>()});
  }
  return counts;
}

void ProxyLog::read_new() {
  partial_ += file_.read_new();
  std::size_t begin = 0;
  for (auto end = partial_.find('\n'); end != std::string::npos; end = partial_.find('\n', begin)) {
    boost::system::error_code failed;
    const auto value = json::parse(std::string_view(partial_).substr(begin, end - begin), failed);
    if (!failed && value.is_object()) lines_.push_back(value.as_object());
    begin = end + 1;
  }
  partial_.erase(0, begin);
}

}  // namespace mig::validate
