// SPDX-License-Identifier: GPL-2.0-or-later
// Calm output for people: one clock, one line a step, colour only on a terminal that wants it.
#pragma once

#include <iosfwd>
#include <string>
#include <string_view>

#include "validate/base/clock.hpp"

namespace mig::validate {

enum class Tone { plain, dim, bold, source, destination, proxy, good, bad };

/// The line breaks of a text are those of its own width and go; empty lines stay.
[[nodiscard]] std::string refolded(std::string text);

class Terminal {
 public:
  /// Colour when `out` is a terminal, unless NO_COLOR is set or TERM is dumb.
  static Terminal standard_output();
  Terminal(std::ostream& out, bool colour) : out_(&out), colour_(colour) {}

  /// "  12.34 s  who          text"
  void step(Seconds at, std::string_view who, Tone tone, std::string_view text);
  /// As it is, from the first column on: for what must be found by a script, too.
  void line(std::string_view text, Tone tone);
  void heading(std::string_view text);
  /// Wrapped at the line's width, each line behind `indent`.
  void paragraph(std::string_view text, Tone tone = Tone::plain, std::string_view indent = "  ");
  void bullet(std::string_view text, Tone tone = Tone::plain);
  void blank();
  void raw(std::string_view text);  ///< made by another Terminal
  [[nodiscard]] bool colourful() const { return colour_; }
  /// A word in capitals and a sentence about it.
  void verdict(std::string_view word, Tone tone, std::string_view sentence);

 private:
  [[nodiscard]] std::string painted(Tone tone, std::string_view text) const;
  void wrapped(std::string_view text, Tone tone, std::string_view first, std::string_view rest);

  std::ostream* out_;
  bool colour_;
};

}  // namespace mig::validate
