// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/input/log_line.hpp"

#include <boost/json/monotonic_resource.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>

#include "mig/bytes.hpp"

namespace mig::replay {
namespace {

namespace json = boost::json;

const json::object& fields_of(const json::object& line) {
  static const json::object none;
  const auto* fields = line.if_contains("fields");
  return fields != nullptr && fields->is_object() ? fields->get_object() : none;
}

/// A number, or one that is written for people: "0x3000".
std::optional<std::uint64_t> number_in(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  if (value == nullptr) return std::nullopt;
  if (value->is_uint64()) return value->get_uint64();
  if (value->is_int64() && value->get_int64() >= 0) return static_cast<std::uint64_t>(value->get_int64());
  if (!value->is_string()) return std::nullopt;
  const std::string_view text = value->get_string();
  std::uint64_t number = 0;
  if (!text.starts_with("0x")) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data() + 2, text.data() + text.size(), number, 16);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<unsigned> hex_byte(std::string_view digits) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  if (digits.size() != 2 || error != std::errc() || end != digits.data() + 2) return std::nullopt;
  return value;
}

std::optional<std::string> from_hex(std::string_view text) {
  std::string out;
  if (text.size() % 2 != 0) return std::nullopt;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const auto byte = hex_byte(text.substr(i, 2));
    if (!byte) return std::nullopt;
    out += static_cast<char>(*byte);
  }
  return out;
}

/// What a line has of its unit's fields.
class LoggedFields final : public UnitFields {
 public:
  LoggedFields(const LogLine& line, const json::object& fields, bool name_block)
      : line_(line), fields_(fields), name_block_(name_block) {}
  std::optional<std::uint64_t> number(std::string_view name) const override {
    return number_in(fields_, name);
  }
  std::optional<std::string> text(std::string_view name) const override { return line_.field_text(name); }
  std::optional<std::string> bytes(std::string_view name) const override {
    const auto* value = fields_.if_contains(name);
    if (value == nullptr || !value->is_string()) return std::nullopt;
    return from_hex(value->get_string());
  }
  bool flag(std::string_view name) const override {
    if (name_block_ && name == "continue") return false;
    if (name_block_ && name == "named") return true;
    const auto* value = fields_.if_contains(name);
    return value != nullptr && value->is_bool() && value->get_bool();
  }

 private:
  const LogLine& line_;
  const json::object& fields_;
  bool name_block_;
};

}  // namespace

bool LogLine::parse(std::string_view line) {
  boost::system::error_code failed;
  auto value = json::parse(line, failed);
  if (failed || !value.is_object()) return false;
  line_ = std::move(value.get_object());
  return true;
}

std::optional<std::uint64_t> LogLine::number(std::string_view key) const { return number_in(line_, key); }

std::string_view LogLine::text(std::string_view key) const {
  const auto* value = line_.if_contains(key);
  return value != nullptr && value->is_string() ? std::string_view(value->get_string()) : std::string_view();
}

bool LogLine::flag(std::string_view key) const {
  const auto* value = line_.if_contains(key);
  return value != nullptr && value->is_bool() && value->get_bool();
}

std::optional<std::string> LogLine::field_text(std::string_view name) const {
  const auto* value = fields_of(line_).if_contains(name);
  if (value == nullptr || !value->is_string()) return std::nullopt;
  return unescaped(value->get_string());
}

std::optional<std::uint64_t> LogLine::field_number(std::string_view name) const {
  return number_in(fields_of(line_), name);
}

std::vector<std::byte> LogLine::header(bool name_block) const {
  if (const auto sent = text("sent_as"); !sent.empty()) {
    const auto bytes = from_hex(sent);
    if (!bytes) return {};
    const auto raw = as_bytes(*bytes);
    return {raw.begin(), raw.end()};
  }
  const auto length = static_cast<std::size_t>(number("length").value_or(0));
  auto bytes = rewrite_header(event(), LoggedFields(*this, fields_of(line_), name_block), length);
  const bool fits = name_block || length == 0 || bytes.size() == length;
  return fits ? bytes : std::vector<std::byte>();
}

std::string LogLine::remark() const {
  std::string out(event());
  const auto& fields = fields_of(line_);
  const auto* type = fields.if_contains("type");
  const bool framed = type != nullptr && !type->is_string();  // a command's or a message's own words
  for (const auto& [name, value] : fields) {
    if (framed && (name == "type" || (name == "length" && event() != "package"))) continue;
    out += " " + std::string(name);
    if (value.is_bool()) continue;
    out += "=" + (value.is_string() ? std::string(value.get_string()) : json::serialize(value));
  }
  out += ": " + std::string(text("decision"));
  if (const auto rule = text("rule"); !rule.empty()) out += " by " + std::string(rule);
  return out;
}

std::optional<std::string> unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      out += text[i];
      continue;
    }
    const auto byte = text.substr(i).starts_with("\\x") && i + 4 <= text.size()
                          ? hex_byte(text.substr(i + 2, 2))
                          : std::nullopt;
    if (!byte) return std::nullopt;
    out += static_cast<char>(*byte);
    i += 3;
  }
  return out;
}

}  // namespace mig::replay
