// SPDX-License-Identifier: GPL-2.0-or-later
#include "proxy/report/trace.hpp"

#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "mig/describe.hpp"
#include "mig/fields.hpp"
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

void Trace::opened(const Who& who, std::string_view peer) {
  begin(who);
  paint(dim, "  + connection from " + printable(peer));
  end();
}

void Trace::connected(const Who& who, std::string_view destination) {
  if (!options_.units) return;
  begin(who);
  paint(dim, "  + passed on to " + printable(destination));
  end();
}

void Trace::refused(const Who& who, std::string_view why) {
  begin(who);
  paint(red, "  ! the destination refused the connection: " + printable(why));
  end();
}

void Trace::closed(const Who& who, const Closed& closed) {
  begin(who);
  const std::string text = "  - " + ending_text(closed);
  paint(closed.ending == Ending::orderly ? dim : yellow, text);
  paint(dim, "  (--> " + format_bytes(closed.traffic.sent[0]) + ", <-- " +
                 format_bytes(closed.traffic.sent[1]) + ")");
  end();
}

void Trace::unit(const Who& who, const Note& note) {
  if (!options_.units && note.decision == Decision::forwarded) return;
  static const StreamTables no_tables;
  begin(who);
  arrow(note.direction);
  line_ += describe_unit(note.event, who.migration == nullptr ? no_tables : who.migration->tables());
  if (note.decision != Decision::forwarded) {
    std::string done = "   <" + std::string(to_string(note.decision));
    if (note.rule && static_cast<std::size_t>(*note.rule) < rules_.size()) {
      done += " by " + rules_[static_cast<std::size_t>(*note.rule)];
    }
    paint(decision_colour(note.decision), done + ">");
  }
  end();
}

void Trace::pages(const Who& who, const PageRun& run) {
  if (!options_.units) return;
  begin(who);
  arrow(run.direction);
  line_ += page_text(run);
  end();
}

void Trace::notice(const Who& who, Notice notice) {
  if (who.migration == nullptr) return;
  begin();
  line_ += "m" + std::to_string(shown(who.migration->id()));
  pad(line_, text_column - 4);
  if (notice == Notice::phase_changed) {
    paint(bold, "=== phase: " + std::string(to_string(who.migration->phase())));
  } else {
    paint(is_bad_news(notice) ? red : bold, "=== " + std::string(explain(notice)));
  }
  end();
}

void Trace::warning(std::string_view text) {
  begin();
  pad(line_, text_column - 4);
  paint(yellow, "  ! " + printable(text));
  end();
}

void Trace::signal(std::string_view name) {
  begin();
  pad(line_, text_column - 4);
  paint(bold, "  * " + std::string(name));
  end();
}

}  // namespace mig::proxy
