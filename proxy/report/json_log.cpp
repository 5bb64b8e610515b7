// SPDX-License-Identifier: GPL-2.0-or-later
#include "proxy/report/json_log.hpp"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <cstdio>
#include <ctime>

#include "mig/fields.hpp"
#include "mig/stream_tables.hpp"
#include "proxy/report/words.hpp"

namespace mig::proxy {
namespace {

namespace json = boost::json;

/// "2025-03-04T10:11:12.123456Z"
std::string_view wall_time(std::array<char, 40>& text) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(now).count();
  const std::time_t seconds = micros / 1'000'000;
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  std::size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &utc);
  size += static_cast<std::size_t>(
      std::snprintf(text.data() + size, text.size() - size, ".%06dZ", static_cast<int>(micros % 1'000'000)));
  return {text.data(), size};
}

json::value field_value(const Field& field, const json::storage_ptr& memory) {
  switch (field.style) {
    case FieldStyle::decimal: return json::value(field.number, memory);
    case FieldStyle::flag: return json::value(field.number != 0, memory);
    case FieldStyle::hex: return json::value(json::string(hex_text(field.number), memory));
    case FieldStyle::text: return json::value(json::string(printable(field.text), memory));
    case FieldStyle::bytes: return json::value(json::string(hex_bytes(field.text), memory));
  }
  return {};
}

json::object fields_object(const Event& event, const StreamTables& tables, const json::storage_ptr& memory) {
  json::object fields(memory);
  const FieldList list = fields_of(event, tables);
  for (const Field& field : list) fields[field.name] = field_value(field, memory);
  return fields;
}

const StreamTables& tables_of(const Who& who) {
  static const StreamTables none;
  return who.migration == nullptr ? none : who.migration->tables();
}

}  // namespace

JsonLog::JsonLog(LineWriter& out, std::vector<std::string> rules) : out_(out), rules_(std::move(rules)) {}

JsonLog::Object JsonLog::begin(std::string_view kind, std::string_view event) {
  memory_.release();  // the line before is written
  std::array<char, 40> wall{};
  const auto since = std::chrono::steady_clock::now() - start_;
  Object line(&memory_);
  line.reserve(16);
  line["time_us"] = std::chrono::duration_cast<std::chrono::microseconds>(since).count();
  line["wall"] = wall_time(wall);
  line["kind"] = kind;
  line["event"] = event;
  return line;
}

JsonLog::Object JsonLog::begin(std::string_view kind, std::string_view event, const Who& who) {
  Object line = begin(kind, event);
  if (who.migration != nullptr) line["migration"] = shown(who.migration->id());
  line["connection"] = shown(who.connection);
  line["channel"] = to_string(who.channel);
  return line;
}

void JsonLog::end(const Object& line) {
  text_.clear();
  serializer_.reset(&line);
  while (!serializer_.done()) {
    std::array<char, 1024> piece;  // NOLINT: written before it is read
    const auto part = serializer_.read(piece.data(), piece.size());
    text_.append(part.data(), part.size());
  }
  out_.add(text_);
}

void JsonLog::started(std::string_view listening, std::string_view connecting, std::string_view version) {
  Object line = begin("start", "started");
  line["version"] = version;
  line["listen"] = listening;
  line["connect"] = connecting;
  json::array rules(&memory_);
  for (const auto& rule : rules_) rules.emplace_back(json::string(printable(rule), &memory_));
  line["rules"] = std::move(rules);
  end(line);
}

void JsonLog::opened(const Who& who, std::string_view peer) {
  Object line = begin("connection", "opened", who);
  line["peer"] = printable(peer);
  end(line);
}

void JsonLog::connected(const Who& who, std::string_view destination) {
  Object line = begin("connection", "connected", who);
  line["destination"] = printable(destination);
  end(line);
}

void JsonLog::refused(const Who& who, std::string_view why) {
  Object line = begin("connection", "refused", who);
  line["reason"] = printable(why);
  end(line);
}

void JsonLog::closed(const Who& who, const Closed& closed) {
  Object line = begin("connection", closed.ending == Ending::reset ? "reset" : "closed", who);
  line["ending"] = to_string(closed.ending);
  if (closed.ending == Ending::reset) line["by"] = sender(closed.from);
  line["forward_bytes"] = closed.traffic.sent[0];
  line["return_path_bytes"] = closed.traffic.sent[1];
  end(line);
}

void JsonLog::unit(const Who& who, const Note& note) {
  Object line = begin("unit", unit_name(note.event.body), who);
  line["direction"] = to_string(note.direction);
  line["offset"] = note.event.range.begin;
  line["length"] = note.event.range.size();
  line["fields"] = fields_object(note.event, tables_of(who), &memory_);
  line["decision"] = to_string(note.decision);
  if (note.rule && static_cast<std::size_t>(*note.rule) < rules_.size()) {
    line["rule"] = rules_[static_cast<std::size_t>(*note.rule)];
  }
  end(line);
}

void JsonLog::pages(const Who& who, const PageRun& run) {
  Object line = begin("pages", "pages", who);
  line["direction"] = to_string(run.direction);
  line["offset"] = run.offset;
  if (run.section) line["section"] = static_cast<std::uint32_t>(*run.section);
  line["pages"] = run.pages;
  line["page_bytes"] = run.page_bytes;
  line["zero_pages"] = run.zero_pages;
  end(line);
}

void JsonLog::notice(const Who& who, Notice notice) {
  const bool phase = notice == Notice::phase_changed && who.migration != nullptr;
  Object line =
      begin(phase ? "phase" : "notice", phase ? to_string(who.migration->phase()) : word(notice), who);
  if (!phase) line["text"] = explain(notice);
  end(line);
}

void JsonLog::warning(std::string_view text) {
  Object line = begin("warning", "warning");
  line["text"] = printable(text);
  end(line);
}

void JsonLog::signal(std::string_view name) {
  Object line = begin("signal", name);
  end(line);
}

}  // namespace mig::proxy
