// SPDX-License-Identifier: GPL-2.0-or-later
// Over many runs: the guests' verdicts against those from the wire.
#pragma once

#include <array>
#include <map>
#include <string>
#include <vector>

#include "validate/base/terminal.hpp"
#include "validate/matrix/result.hpp"

namespace mig::validate {

/// Of one view.
struct Confusion {
  std::map<std::string, std::map<std::string, unsigned>> counts;  ///< guests' verdict, wire's, how often
  std::array<unsigned, 5> held{};                                 ///< by Held
  [[nodiscard]] unsigned judged() const;
  [[nodiscard]] double certain_share() const;  ///< in per cent of what was judged
};

[[nodiscard]] Confusion confusion_of(const std::vector<CellResult>& results, View view);
/// A table and its sum for each view; nothing where no run was held against the wire.
void show_confusion(const std::vector<CellResult>& results, Terminal& terminal);
[[nodiscard]] boost::json::object confusion_json(const std::vector<CellResult>& results);

}  // namespace mig::validate
