// SPDX-License-Identifier: GPL-2.0-or-later
// What migreplay answers from a recording alone: who may be running the guest. It is asked as a process, so
// that nothing here knows the wire.
#pragma once

#include <array>
#include <boost/json.hpp>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mig::validate {

/// From what of a recording an answer was made.
enum class View { both_legs, source_leg, destination_leg };
inline constexpr std::array all_views{View::both_legs, View::source_leg, View::destination_leg};
[[nodiscard]] std::string_view to_string(View view);  ///< "source leg"

struct WireAnswer {
  std::string outcome;                    ///< "SPLIT-BRAIN"; empty: it found no migration
  std::vector<std::string> possible;      ///< "source", "destination", "both", "nobody"
  std::vector<std::string> would_decide;  ///< what is missing where it is not certain
  [[nodiscard]] bool certain() const { return possible.size() == 1; }
};

/// Of the last migration in it; by View.
using WireAnswers = std::array<WireAnswer, all_views.size()>;

/// The verdict of the last migration in what `migreplay summary --json` printed. Throws CouldNotRun where
/// that is no such answer.
[[nodiscard]] WireAnswer read_answer(std::string_view printed);
/// Runs migreplay once for each view; its output goes to `folder`. Throws CouldNotRun, Interrupted.
[[nodiscard]] WireAnswers ask_wire(const std::filesystem::path& migreplay,
                                   const std::filesystem::path& recording,
                                   const std::filesystem::path& folder);

[[nodiscard]] boost::json::object to_json(const WireAnswer& answer);
/// Throws std::exception when it is none.
[[nodiscard]] WireAnswer answer_from(const boost::json::value& value);

}  // namespace mig::validate
