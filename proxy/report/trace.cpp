// SPDX-License-Identifier: GPL-2.0-or-later
#include "proxy/report/trace.hpp"

#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "mig/describe.hpp"
#include "mig/fields.hpp"
#include "proxy/engine/unit_kind.hpp"
#include "proxy/report/summary.hpp"
#include "proxy/report/words.hpp"

namespace mig::proxy {
namespace {

constexpr std::string_view plain = "\033[0m";
constexpr std::string_view bold = "\033[1m";
constexpr std::string_view dim = "\033[2m";
constexpr std::string_view red = "\033[1;31m";
constexpr std::string_view yellow = "\033[33m";
constexpr std::string_view cyan = "\033[36m";
constexpr std::string_view magenta = "\033[35m";
constexpr std::size_t text_column = 32;  // where the unit begins, behind time, connection and arrow

void pad(std::string& line, std::size_t width) { line.resize(std::max(width, line.size() + 1), ' '); }

bool is_bad_news(Notice notice) {
  return notice == Notice::two_runners_possible || notice == Notice::destination_reported_error;
}

std::string_view decision_colour(Decision decision) {
  switch (decision) {
    case Decision::held:
    case Decision::released:
    case Decision::delayed:
    case Decision::throttled: return yellow;
    default: return red;
  }
}

std::string page_text(const PageRun& run) {
  std::string text;
  if (run.pages != 0) {
    text = "RAM pages " + format_count(run.pages) + " (" + format_bytes(run.page_bytes) + ")";
  }
  if (run.zero_pages != 0) {
    text += (text.empty() ? "" : ", ") + std::string("zero pages ") + format_count(run.zero_pages);
  }
  return text;
}

std::string ending_text(const Closed& closed) {
  switch (closed.ending) {
    case Ending::orderly: return "closed, both sides have ended";
    case Ending::reset: return "reset by the " + std::string(sender(closed.from));
    case Ending::fault: return "closed by a rule";
    case Ending::stopped: return "closed, migproxy ends";
  }
  return {};
}

}  // namespace

bool wants_colour(int fd) {
  const char* no_colour = std::getenv("NO_COLOR");
  const char* terminal = std::getenv("TERM");
  return ::isatty(fd) == 1 && (no_colour == nullptr || *no_colour == '\0') && terminal != nullptr &&
         std::string_view(terminal) != "dumb";
}

Trace::Trace(LineWriter& out, std::vector<std::string> rules, TraceOptions options)
    : out_(out), rules_(std::move(rules)), options_(options) {}

void Trace::begin() {
  const std::chrono::duration<double> since = std::chrono::steady_clock::now() - start_;
  std::array<char, 32> time{};
  std::snprintf(time.data(), time.size(), "%9.3f  ", since.count());
  line_.clear();
  line_ = time.data();
}

/// "    0.513  m1 c1 main         "; the arrow or a mark follows.
void Trace::begin(const Who& who) {
  begin();
  if (who.migration != nullptr) line_ += "m" + std::to_string(shown(who.migration->id())) + " ";
  line_ += "c" + std::to_string(shown(who.connection)) + " ";
  if (who.channel != ChannelKind::unknown) line_ += to_string(who.channel);
  pad(line_, text_column - 4);
}

void Trace::arrow(Direction direction) {
  direction == Direction::forward ? paint(cyan, "--> ") : paint(magenta, "<-- ");
}

void Trace::paint(std::string_view colour, std::string_view text) {
  if (options_.colour) line_ += colour;
  line_ += text;
  if (options_.colour) line_ += plain;
}

void Trace::end() { out_.add(line_); }

/// One line for each happening that people want to see.
struct Trace::Teller {
  Trace& trace;

  void operator()(const Opened& opened) const {
    trace.begin(opened.who);
    trace.paint(dim, "  + connection from " + printable(to_string(opened.source)));
    trace.end();
  }
  void operator()(const Connected& connected) const {
    if (!trace.options_.units) return;
    trace.begin(connected.who);
    trace.paint(dim, "  + passed on to " + printable(to_string(connected.destination)));
    trace.end();
  }
  void operator()(const Refused& refused) const {
    trace.begin(refused.who);
    trace.paint(red, "  ! the destination refused the connection: " + printable(refused.why));
    trace.end();
  }
  void operator()(const Closed& closed) const {
    trace.begin(closed.who);
    const std::string text = "  - " + ending_text(closed);
    trace.paint(closed.ending == Ending::orderly ? dim : yellow, text);
    trace.paint(dim, "  (--> " + format_bytes(closed.traffic.sent[0]) + ", <-- " +
                         format_bytes(closed.traffic.sent[1]) + ")");
    trace.end();
  }
  void operator()(const UnitDone& done) const {
    const auto& [who, note, sent] = done;
    if (!trace.options_.units && note.decision == Decision::forwarded) return;
    if (continues_unit(note.event.body)) return;  // the unit before it was told
    trace.begin(who);
    trace.arrow(note.direction);
    trace.line_ += describe_unit(note.event, tables_of(who));
    if (note.decision != Decision::forwarded) {
      trace.paint(decision_colour(note.decision), "   <" + decision_text(note, trace.rules_) + ">");
    }
    trace.end();
  }
  void operator()(const PagesDone& done) const {
    if (!trace.options_.units) return;
    trace.begin(done.who);
    trace.arrow(done.run.direction);
    trace.line_ += page_text(done.run);
    trace.end();
  }
  void operator()(const Turned& turned) const {
    const Migration* migration = turned.who.migration;
    if (migration == nullptr) return;
    trace.begin();
    trace.line_ += "m" + std::to_string(shown(migration->id()));
    pad(trace.line_, text_column - 4);
    trace.paint(is_bad_news(turned.notice) ? red : bold, "=== " + notice_text(turned.notice, *migration));
    trace.end();
  }
  void operator()(const Warned& warned) const { aside(yellow, "  ! " + printable(warned.text)); }
  void operator()(const Signalled& signalled) const { aside(bold, "  * " + std::string(signalled.name)); }
  void operator()(const Carried& /*bytes*/) const {}
  void operator()(const LegEnded& /*leg*/) const {}

 private:
  /// Of no connection.
  void aside(std::string_view colour, const std::string& text) const {
    trace.begin();
    pad(trace.line_, text_column - 4);
    trace.paint(colour, text);
    trace.end();
  }
};

void Trace::on(const Happening& happening) { std::visit(Teller{*this}, happening); }

}  // namespace mig::proxy
