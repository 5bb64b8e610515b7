// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/libvirt/command_log.hpp"

#include <algorithm>
#include <boost/json.hpp>
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

bool contains(std::string_view line, std::string_view mark) {
  return line.find(mark) != std::string_view::npos;
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

// Numbers start again with each QEMU, also with those that libvirt only asks for what they can do.
std::string id_in(std::string_view line, const json::object& message) {
  const auto begin = std::min(line.find("mon="), line.size());
  return std::string(line.substr(begin, line.find(' ', begin) - begin)) + " " + text_at(message, "id");
}

bool is_query(std::string_view command) {
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

using Parsed = std::optional<MonitorLine>;

Parsed parsed(Kind kind, std::string text, std::string id = {}) {
  if (text.empty()) return std::nullopt;
  return MonitorLine{0, kind, std::move(text), std::move(id)};
}

Parsed command_in(std::string_view line) {
  const auto message = json_after(line, "msg=");
  if (!message) return std::nullopt;
  const auto command = text_at(*message, "execute");
  return parsed(Kind::command, is_query(command) ? "" : command, id_in(line, *message));
}

// Most replies are long results of queries: only those without one are worth a look.
Parsed reply_in(std::string_view line) {
  const bool refused = contains(line, "\"error\"");
  if (!refused && !contains(line, "\"return\": {}")) return std::nullopt;
  const auto reply = json_after(line, "reply=");
  if (!reply) return std::nullopt;
  return refused ? parsed(Kind::refusal, refusal_text(*reply), id_in(line, *reply))
                 : parsed(Kind::reply, "done", id_in(line, *reply));
}

Parsed content_of(std::string_view line) {
  if (contains(line, "QEMU_MONITOR_SEND_MSG")) return command_in(line);
  if (contains(line, "QEMU_MONITOR_RECV_REPLY")) return reply_in(line);
  if (!contains(line, "QEMU_MONITOR_RECV_EVENT")) return parsed(Kind::warning, warning_text(line));
  const auto event = json_after(line, "event=");
  return parsed(Kind::event, event ? event_text(*event) : "");
}

}  // namespace

std::optional<MonitorLine> parse_monitor_line(std::string_view line) {
  auto parsed = content_of(line);
  const auto at = parsed ? time_of(line) : std::nullopt;
  if (!at) return std::nullopt;
  parsed->since_epoch = *at;
  return parsed;
}

std::string_view to_string(Cont cont) {
  constexpr std::string_view words[] = {"never", "too early", "in time", "refused"};
  return words[static_cast<int>(cont)];
}

Cont fate_of_cont(const std::vector<MonitorLine>& lines) {
  const auto is_cont = [](const MonitorLine& line) {
    return line.kind == Kind::command && line.text == "cont";
  };
  const auto cont = std::find_if(lines.begin(), lines.end(), is_cont);
  if (cont == lines.end()) return Cont::never;
  for (auto line = std::next(cont); line != lines.end(); ++line) {
    if (line->kind == Kind::event && line->text == "RESUME") return Cont::in_time;
    if (line->id != cont->id) continue;
    return line->kind == Kind::refusal ? Cont::refused : Cont::too_early;
  }
  return Cont::too_early;
}

// An answer counts when its question did: refusals of what libvirt only tries out are none of ours.
void CommandLog::keep(MonitorLine line, std::vector<MonitorLine>& lines) {
  if (line.kind == Kind::command) asked_.insert(line.id);
  const bool answer = line.kind == Kind::reply || line.kind == Kind::refusal;
  if (!answer || asked_.erase(line.id) != 0) lines.push_back(std::move(line));
}

std::vector<MonitorLine> CommandLog::read_new() {
  partial_ += follower_.read_new();
  std::vector<MonitorLine> lines;
  std::size_t begin = 0;
  for (auto end = partial_.find('\n'); end != std::string::npos; end = partial_.find('\n', begin)) {
    if (auto line = parse_monitor_line(std::string_view(partial_).substr(begin, end - begin)))
      keep(std::move(*line), lines);
    begin = end + 1;
  }
  partial_.erase(0, begin);
  return lines;
}

}  // namespace mig::validate::libvirt
