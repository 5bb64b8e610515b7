// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/run/trace_story.hpp"

#include <algorithm>
#include <array>

namespace mig::validate {
namespace {

constexpr std::string_view forward = "--> ";
constexpr std::string_view back = "<-- ";

bool happens_once(std::string_view unit) {
  static constexpr std::array<std::string_view, 8> told{"ping", "pong", "package", "listen",
                                                        "run",  "shut", "resume",  "resume-ack"};
  return std::find(told.begin(), told.end(), unit.substr(0, unit.find(' '))) != told.end();
}

bool was_changed(std::string_view line) {
  return line.find("   <") != std::string_view::npos && line.back() == '>';
}

}  // namespace

std::optional<std::string> story_of(std::string_view text) {
  for (const auto arrow : {forward, back}) {
    const auto at = text.find(arrow);
    if (at == std::string_view::npos) continue;
    const auto line = text.substr(at);
    if (!happens_once(line.substr(arrow.size())) && !was_changed(line)) return std::nullopt;
    return std::string(line);
  }
  for (const std::string_view mark : {"=== ", "  + ", "  - ", "  ! ", "  * "}) {
    const auto at = text.find(mark);
    if (at != std::string_view::npos) return std::string(text.substr(at + (mark.front() == ' ' ? 2 : 0)));
  }
  return std::nullopt;
}

}  // namespace mig::validate
