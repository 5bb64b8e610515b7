// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/libvirt/command_log.hpp"

#include <boost/json.hpp>
#include <charconv>
#include <cstdlib>
#include <ctime>

namespace json = boost::json;

namespace mig::validate::libvirt {
namespace {

using Kind = MonitorLine::Kind;

// "2026-11-24 15:11:39.412+0000: 37: warning : function:1845 : text"; libvirt logs in UTC.
std::optional<double> time_of(std::string_view line) {
  std::tm broken_down{};
  const std::string text(line.substr(0, 28));
  const char* rest = ::strptime(text.c_str(), "%Y-%m-%d %H:%M:%S", &broken_down);
  if (rest == nullptr || *rest != '.') return std::nullopt;
  return static_cast<double>(::timegm(&broken_down)) + std::strtod(rest, nullptr);
}

std::optional<json::object> json_after(std::string_view line, std::string_view mark) {
  const auto at = line.find(mark);
  if (at == std::string_view::npos) return std::nullopt;
  const auto text = line.substr(at + mark.size());
  json::stream_parser parser;
  boost::system::error_code error;
  parser.write_some(text.data(), text.size(), error);
  if (error || !parser.done()) return std::nullopt;
  auto value = parser.release();
  if (!value.is_object()) return std::nullopt;
  return std::move(value.as_object());
}

std::string text_at(const json::object& object, std::string_view key) {
  const auto* found = object.if_contains(key);
  return found != nullptr && found->is_string() ? std::string(found->as_string()) : std::string();
}

bool tells_nothing(std::string_view command) {
  for (const std::string_view prefix : {"query-", "qom-", "device-list", "qmp_capabilities"})
    if (command.substr(0, prefix.size()) == prefix) return true;
  return command.empty();
}

std::string event_text(const json::object& event) {
  auto text = text_at(event, "event");
  const auto* data = event.if_contains("data");
  if (data == nullptr || !data->is_object()) return text;
  if (const auto status = text_at(data->as_object(), "status"); !status.empty()) text += " " + status;
  if (const auto* pass = data->as_object().if_contains("pass")) text += " " + json::serialize(*pass);
  return text;
}

std::string refusal_text(const json::object& reply) {
  const auto* error = reply.if_contains("error");
  return error != nullptr && error->is_object() ? text_at(error->as_object(), "desc") : std::string();
}

// Of libvirt's own messages those that speak of the migration; the rest is about this machine.
std::string warning_text(std::string_view line) {
  if (line.find(": warning : ") == std::string_view::npos &&
      line.find(": error : ") == std::string_view::npos)
    return {};
  if (line.find("igration") == std::string_view::npos) return {};
  const auto at = line.find(" : ", line.find(" : ") + 3);
  return at == std::string_view::npos ? std::string() : std::string(line.substr(at + 3));
}

std::optional<std::pair<Kind, std::string>> content_of(std::string_view line) {
  const auto told = [](Kind kind, std::string text) -> std::optional<std::pair<Kind, std::string>> {
    if (text.empty()) return std::nullopt;
    return std::pair(kind, std::move(text));
  };
  if (line.find("QEMU_MONITOR_SEND_MSG") != std::string_view::npos) {
    const auto message = json_after(line, "msg=");
    const auto command = message ? text_at(*message, "execute") : std::string();
    return told(Kind::command, tells_nothing(command) ? "" : command);
  }
  if (line.find("QEMU_MONITOR_RECV_EVENT") != std::string_view::npos) {
    const auto event = json_after(line, "event=");
    return told(Kind::event, event ? event_text(*event) : "");
  }
  if (line.find("QEMU_MONITOR_RECV_REPLY") != std::string_view::npos) {
    if (line.find("\"error\"") == std::string_view::npos) return std::nullopt;
    const auto reply = json_after(line, "reply=");
    return told(Kind::refusal, reply ? refusal_text(*reply) : "");
  }
  return told(Kind::warning, warning_text(line));
}

}  // namespace

std::optional<MonitorLine> parse_monitor_line(std::string_view line) {
  auto content = content_of(line);
  if (!content) return std::nullopt;
  const auto at = time_of(line);
  if (!at) return std::nullopt;
  return MonitorLine{*at, content->first, std::move(content->second)};
}

std::vector<MonitorLine> CommandLog::read_new() {
  partial_ += follower_.read_new();
  std::vector<MonitorLine> lines;
  std::size_t begin = 0;
  for (auto end = partial_.find('\n'); end != std::string::npos; end = partial_.find('\n', begin)) {
    if (auto line = parse_monitor_line(std::string_view(partial_).substr(begin, end - begin)))
      lines.push_back(std::move(*line));
    begin = end + 1;
  }
  partial_.erase(0, begin);
  return lines;
}

}  // namespace mig::validate::libvirt
