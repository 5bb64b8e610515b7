// SPDX-License-Identifier: GPL-2.0-or-later
#include "proxy/report/trace.hpp"

#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <type_traits>
#include <utility>

#include "mig/fields.hpp"
#include "proxy/report/trace_words.hpp"
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

std::string_view colour_of(Tone tone) {
  switch (tone) {
    case Tone::plain: return {};
    case Tone::dim: return dim;
    case Tone::bold: return bold;
    case Tone::yellow: return yellow;
    case Tone::red: return red;
  }
  return {};
}

void pad(std::string& line, std::size_t width) { line.resize(std::max(width, line.size() + 1), ' '); }

}  // namespace

bool wants_colour(int fd) {
  const char* no_colour = std::getenv("NO_COLOR");
  const char* terminal = std::getenv("TERM");
  return ::isatty(fd) == 1 && (no_colour == nullptr || *no_colour == '\0') && terminal != nullptr &&
         std::string_view(terminal) != "dumb";
}

Trace::Trace(LineWriter& out, std::vector<std::string> rules, TraceOptions options,
             std::chrono::steady_clock::time_point start)
    : out_(out), rules_(std::move(rules)), options_(options), start_(start) {}

void Trace::begin(std::chrono::steady_clock::time_point at) {
  const std::chrono::duration<double> since = at - start_;
  std::array<char, 32> time{};
  std::snprintf(time.data(), time.size(), "%9.3f  ", since.count());
  line_.clear();
  line_ = time.data();
}

/// "    0.513  m1 c1 main         "; the arrow or a mark follows.
void Trace::begin(const Who& who) {
  begin(who.at);
  if (who.migration != nullptr) line_ += "m" + std::to_string(shown(who.migration->id())) + " ";
  line_ += "c" + std::to_string(shown(who.connection)) + " ";
  if (who.channel != ChannelKind::unknown) line_ += to_string(who.channel);
  pad(line_, text_column - 4);
}

/// Where it happened: on a connection, in a migration, or in migproxy itself.
template <class One>
void Trace::begin_for(const One& one) {
  if constexpr (std::is_same_v<One, NoticeRaised>) {
    begin(one.who.at);
    line_ += "m" + std::to_string(shown(one.who.migration->id()));
    pad(line_, text_column - 4);
  } else if constexpr (requires { one.who; }) {
    begin(one.who);
    if constexpr (requires { one.note.direction; }) arrow(one.note.direction);
    if constexpr (requires { one.direction; one.run; }) arrow(one.direction);
  } else {
    begin();
    pad(line_, text_column - 4);
  }
}

bool Trace::wants(const RelayEvent& event) const {
  if (std::holds_alternative<Connected>(event) || std::holds_alternative<PagesDone>(event))
    return options_.units;
  if (const auto* raised = std::get_if<NoticeRaised>(&event)) return raised->who.migration != nullptr;
  const auto* done = std::get_if<UnitDone>(&event);
  if (done == nullptr) return true;
  if (done->note.event.extent.continues()) return false;  // the unit before it was printed
  return options_.units || done->note.decision != Decision::forwarded;
}

void Trace::arrow(Direction direction) {
  direction == Direction::forward ? paint(cyan, "--> ") : paint(magenta, "<-- ");
}

void Trace::paint(std::string_view colour, std::string_view text) {
  const bool painted = options_.colour && !colour.empty();
  if (painted) line_ += colour;
  line_ += text;
  if (painted) line_ += plain;
}

void Trace::on(const RelayEvent& event) {
  if (!wants(event)) return;
  const auto words = words_of(event, rules_);
  if (words.text.empty()) return;
  std::visit([this](const auto& one) { begin_for(one); }, event);
  const bool marked = !words.mark.empty();
  const std::string_view indent = words.mark.size() == 1 ? "  " : "";
  paint(colour_of(words.tone),
        marked ? std::string(indent).append(words.mark) + " " + words.text : words.text);
  paint(colour_of(words.aside_tone), words.aside);
  out_.add(line_);
}

}  // namespace mig::proxy
