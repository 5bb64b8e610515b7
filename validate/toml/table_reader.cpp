// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/toml/table_reader.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "common/suggestion.hpp"

namespace json = boost::json;

namespace mig::validate {
namespace {

std::optional<std::uint64_t> parse_size(std::string_view text) {
  std::uint64_t number = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  const auto unit = text.substr(static_cast<std::size_t>(stop - text.data()));
  static constexpr std::array<std::pair<std::string_view, unsigned>, 4> units{
      {{"", 0}, {"KiB", 10}, {"MiB", 20}, {"GiB", 30}}};
  for (const auto& [name, shift] : units)
    if (unit == name && number <= (~std::uint64_t{0} >> shift)) return number << shift;
  return std::nullopt;
}

}  // namespace

std::string suggestion(std::string_view word, const std::vector<std::string>& known) {
  if (known.empty()) return {};
  if (const auto meant = nearest(word, known); !meant.empty())
    return "; did you mean \"" + std::string(meant) + "\"?";
  std::string all;
  for (const auto& candidate : known) all += (all.empty() ? "" : ", ") + candidate;
  return "; there is " + all;
}

json::value to_json(const Node& node) {
  if (const auto* list = std::get_if<NodeList>(&node.value)) {
    json::array array;
    for (const auto& element : *list) array.push_back(to_json(element));
    return array;
  }
  if (const auto* table = std::get_if<NodeTable>(&node.value)) {
    json::object object;
    for (const auto& [key, value] : *table) object[key] = to_json(value);
    return object;
  }
  if (const auto* text = std::get_if<std::string>(&node.value)) return json::string(*text);
  if (const auto* number = std::get_if<std::int64_t>(&node.value)) return *number;
  if (const auto* real = std::get_if<double>(&node.value)) return *real;
  return std::get<bool>(node.value);
}

TableReader::TableReader(const Node& node, const std::string& file, std::string what)
    : table_(std::get_if<NodeTable>(&node.value)), file_(file), what_(std::move(what)), line_(node.line) {
  if (table_ == nullptr) refuse(what_ + " has to be a table of keys and values");
}

const Node* TableReader::find(std::string_view key) {
  known_.emplace_back(key);
  for (const auto& [name, value] : *table_)
    if (name == key) return &value;
  return nullptr;
}

const std::string& TableReader::first_key() const {
  if (table_->empty()) refuse(what_ + " is empty");
  return table_->front().key;
}

template <typename T>
std::optional<T> TableReader::take(std::string_view key, const char* kind) {
  const auto* node = find(key);
  if (node == nullptr) return std::nullopt;
  const auto* value = std::get_if<T>(&node->value);
  if (value == nullptr) refuse(node->line, std::string(key) + " has to be " + kind);
  return *value;
}

std::optional<std::string> TableReader::text(std::string_view key) {
  return take<std::string>(key, "a text in quotes");
}

std::string TableReader::need_text(std::string_view key) {
  auto value = text(key);
  if (!value || value->empty()) refuse(what_ + " needs " + std::string(key) + " = \"...\"");
  return *value;
}

std::optional<bool> TableReader::truth(std::string_view key) { return take<bool>(key, "true or false"); }

std::optional<std::int64_t> TableReader::number(std::string_view key) {
  return take<std::int64_t>(key, "a whole number");
}

std::optional<Seconds> TableReader::seconds(std::string_view key) {
  const auto* node = find(key);
  if (node == nullptr) return std::nullopt;
  const auto* whole = std::get_if<std::int64_t>(&node->value);
  const auto* real = std::get_if<double>(&node->value);
  const double value = whole != nullptr ? static_cast<double>(*whole) : real != nullptr ? *real : -1;
  if (!(value >= 0 && value <= 3600)) refuse(node->line, std::string(key) + " has to be seconds, 0 to 3600");
  return value;
}

std::optional<std::uint64_t> TableReader::size(std::string_view key) {
  const auto* node = find(key);
  if (node == nullptr) return std::nullopt;
  if (const auto* whole = std::get_if<std::int64_t>(&node->value); whole != nullptr && *whole >= 0)
    return static_cast<std::uint64_t>(*whole);
  const auto* text = std::get_if<std::string>(&node->value);
  const auto value = text != nullptr ? parse_size(*text) : std::nullopt;
  if (!value) refuse(node->line, std::string(key) + " has to be a size such as 4096 or \"16MiB\"");
  return value;
}

std::vector<std::string> TableReader::texts(std::string_view key) {
  const auto* node = find(key);
  if (node == nullptr) return {};
  if (const auto* one = std::get_if<std::string>(&node->value)) return {*one};
  const auto* list = std::get_if<NodeList>(&node->value);
  std::vector<std::string> all;
  if (list == nullptr) refuse(node->line, std::string(key) + " has to be a text or a list of texts");
  for (const auto& element : *list) {
    const auto* text = std::get_if<std::string>(&element.value);
    if (text == nullptr) refuse(element.line, "each element of " + std::string(key) + " has to be a text");
    all.push_back(*text);
  }
  return all;
}

std::vector<std::string> TableReader::known_texts(std::string_view key,
                                                  const std::vector<std::string>& known) {
  auto all = texts(key);
  for (const auto& word : all)
    if (std::find(known.begin(), known.end(), word) == known.end())
      refuse(find(key)->line,
             std::string(key) + " = \"" + word + "\" is not known" + suggestion(word, known));
  return all;
}

json::object TableReader::json(std::string_view key) {
  const auto* node = find(key);
  if (node == nullptr) return {};
  if (!std::holds_alternative<NodeTable>(node->value))
    refuse(node->line, std::string(key) + " has to be a table: { name = value }");
  return to_json(*node).as_object();
}

std::optional<std::size_t> TableReader::choice(std::string_view key,
                                               const std::vector<std::string_view>& choices) {
  const auto word = text(key);
  if (!word) return std::nullopt;
  const auto found = std::find(choices.begin(), choices.end(), *word);
  if (found == choices.end())
    refuse(find(key)->line, std::string(key) + " = \"" + *word + "\" is not known" +
                                suggestion(*word, {choices.begin(), choices.end()}));
  return static_cast<std::size_t>(found - choices.begin());
}

void TableReader::refuse_old(std::string_view key, std::string_view now) {
  for (const auto& [name, value] : *table_)
    if (name == key)
      refuse(value.line, "\"" + std::string(key) + "\" in " + what_ + " is now " + std::string(now));
}

void TableReader::done() const {
  for (const auto& [key, value] : *table_)
    if (std::find(known_.begin(), known_.end(), key) == known_.end())
      refuse(value.line, "unknown key \"" + key + "\" in " + what_ + suggestion(key, known_));
}

void TableReader::refuse(int line, const std::string& reason) const { throw Refusal(file_, line, reason); }

}  // namespace mig::validate
