// SPDX-License-Identifier: GPL-2.0-or-later
#include "proxy/report/json_log.hpp"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <cstdio>
#include <ctime>

#include "common/fields_json.hpp"
#include "mig/fields.hpp"
#include "mig/stream_tables.hpp"
#include "proxy/report/trace_words.hpp"
#include "proxy/report/words.hpp"

namespace mig::proxy {
namespace {

namespace json = boost::json;

/// "2025-03-04T10:11:12.123456Z"
std::string_view wall_time(std::array<char, 40>& text, std::chrono::steady_clock::time_point at) {
  const auto now =
      std::chrono::system_clock::now().time_since_epoch() - (std::chrono::steady_clock::now() - at);
  const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(now).count();
  const std::time_t seconds = micros / 1'000'000;
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  std::size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &utc);
  size += static_cast<std::size_t>(
      std::snprintf(text.data() + size, text.size() - size, ".%06dZ", static_cast<int>(micros % 1'000'000)));
  return {text.data(), size};
}

}  // namespace

JsonLog::JsonLog(LineWriter& out, std::vector<std::string> rules, bool log_pages,
                 std::chrono::steady_clock::time_point start)
    : out_(out), rules_(std::move(rules)), log_pages_(log_pages), start_(start) {}

JsonLog::Object JsonLog::begin(std::string_view kind, std::string_view event,
                               std::chrono::steady_clock::time_point at) {
  memory_.release();  // the line before is written
  std::array<char, 40> wall{};
  const auto since = at - start_;
  Object line(&memory_);
  line.reserve(16);
  line["time_us"] = std::chrono::duration_cast<std::chrono::microseconds>(since).count();
  line["wall"] = wall_time(wall, at);
  line["kind"] = kind;
  line["event"] = event;
  return line;
}

JsonLog::Object JsonLog::begin(std::string_view kind, std::string_view event, const Who& who) {
  Object line = begin(kind, event, who.at);
  if (who.migration != nullptr) line["migration"] = shown(who.migration->id());
  line["connection"] = shown(who.connection);
  line["channel"] = to_string(who.channel);
  return line;
}

void JsonLog::end(Object& line, std::string_view text) {
  line["text"] = text;
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
  line["monotonic_us"] =
      std::chrono::duration_cast<std::chrono::microseconds>(start_.time_since_epoch()).count();
  line["version"] = version;
  line["listen"] = listening;
  line["connect"] = connecting;
  json::array rules(&memory_);
  for (const auto& rule : rules_) rules.emplace_back(json::string(printable(rule), &memory_));
  line["rules"] = std::move(rules);
  line["log_pages"] = log_pages_;
  end(line, "listening on " + std::string(listening));
}

/// One line for each event that has one.
struct JsonLog::LineOf {
  JsonLog& log;
  const RelayEvent& event;

  void end(Object& line) const { log.end(line, words_of(event, log.rules_).all()); }

  void operator()(const Opened& opened) const {
    Object line = log.begin("connection", "opened", opened.who);
    line["peer"] = printable(to_string(opened.source));
    end(line);
  }
  void operator()(const Connected& connected) const {
    Object line = log.begin("connection", "connected", connected.who);
    line["destination"] = printable(to_string(connected.destination));
    end(line);
  }
  void operator()(const Refused& refused) const {
    Object line = log.begin("connection", "refused", refused.who);
    line["reason"] = printable(refused.why);
    end(line);
  }
  void operator()(const Closed& closed) const {
    Object line = log.begin("connection", closed.ending == Ending::reset ? "reset" : "closed", closed.who);
    line["ending"] = to_string(closed.ending);
    if (closed.reset) line["reset"] = true;
    if (closed.ending == Ending::reset) line["by"] = sender(closed.from);
    line["forward_bytes"] = closed.traffic.sent[0];
    line["return_path_bytes"] = closed.traffic.sent[1];
    end(line);
  }
  void operator()(const UnitDone& done) const {
    const Note& note = done.note;
    const bool part = note.event.extent.continues();
    Object line = log.begin(part ? "part" : "unit", unit_name(note.event.body), done.who);
    line["direction"] = to_string(note.direction);
    line["offset"] = note.event.range.begin;
    line["length"] = note.event.range.size();
    line["fields"] = fields_json(note.event, tables_of(done.who), &log.memory_);
    line["decision"] = to_string(note.decision);
    line["sent"] = done.sent;
    if (!note.sent_as.empty()) line["sent_as"] = hex_bytes(as_text(note.sent_as));
    if (note.rule && static_cast<std::size_t>(*note.rule) < log.rules_.size()) {
      line["rule"] = log.rules_[static_cast<std::size_t>(*note.rule)];
    }
    end(line);
  }
  void operator()(const PagesDone& done) const {
    const PageRun& run = done.run;
    Object line = log.begin("pages", "pages", done.who);
    line["direction"] = to_string(done.direction);
    line["offset"] = run.offset;
    if (done.section) line["section"] = static_cast<std::uint32_t>(*done.section);
    line["pages"] = run.pages;
    line["page_bytes"] = run.page_bytes;
    line["zero_pages"] = run.zero_pages;
    if (run.xbzrle_pages != 0) line["xbzrle_pages"] = run.xbzrle_pages;
    line["zero_bytes"] = run.zero_bytes;
    line["length"] = run.length;
    line["block"] = printable(tables_of(done.who).block_name(run.block));
    end(line);
  }
  void operator()(const NoticeRaised& raised) const {
    const auto& [who, notice] = raised;
    const bool phase = notice == Notice::phase_changed && who.migration != nullptr;
    Object line =
        log.begin(phase ? "phase" : "notice", phase ? to_string(who.migration->phase()) : word(notice), who);
    end(line);
  }
  void operator()(const Judged& judged) const {
    Object line = log.begin("verdict", to_string(judged.verdict.outcome), judged.who);
    for (const auto& [key, value] : verdict_object(judged.verdict))
      if (key != "outcome") line[key] = value;
    end(line);
  }
  void operator()(const Warned& /*warned*/) const {
    Object line = log.begin("warning", "warning");
    end(line);
  }
  void operator()(const Signalled& signalled) const {
    Object line = log.begin("signal", signalled.name);
    end(line);
  }
  void operator()(const BytesMoved& /*bytes*/) const {}
  void operator()(const LegEnded& /*leg*/) const {}
};

void JsonLog::on(const RelayEvent& event) { std::visit(LineOf{*this, event}, event); }

}  // namespace mig::proxy
