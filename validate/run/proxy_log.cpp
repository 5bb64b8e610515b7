// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/run/proxy_log.hpp"

#include <algorithm>

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

}  // namespace

bool ProxyLog::saw(const Fields& fields) {
  read_new();
  const auto matches = [&](const json::object& line) {
    return std::all_of(fields.begin(), fields.end(), [&](const auto& wanted) { return has(line, wanted); });
  };
  const auto begin = lines_.begin() + static_cast<std::ptrdiff_t>(next_);
  const auto found = std::find_if(begin, lines_.end(), matches);
  if (found == lines_.end()) return false;
  next_ = static_cast<std::size_t>(found - lines_.begin()) + 1;
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
