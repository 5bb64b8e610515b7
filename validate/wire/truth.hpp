// SPDX-License-Identifier: GPL-2.0-or-later
// What an answer from the wire is held against: the guests' ticks and QMP.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "validate/verdict/invariants.hpp"
#include "validate/verdict/observations.hpp"
#include "validate/wire/answer.hpp"

namespace mig::validate {

/// A cause that no packet can show, and who is entitled to run the guest then.
struct Unseen {
  std::string_view scenario;
  std::string_view cause;
  std::vector<std::string> right;
};
/// All there are; nothing else excuses an answer.
[[nodiscard]] const std::vector<Unseen>& unseen_causes();

struct WireTruth {
  std::string runner;               ///< whose guest ticks: "source", "destination", "both", "nobody"
  std::vector<std::string> cannot;  ///< sides that have ended or refuse `cont`
  std::vector<std::string> right;  ///< one of them has to be possible: the runner, unless the cause is unseen
  std::string unseen;              ///< the cause that no packet shows; empty: there is none
};
[[nodiscard]] WireTruth truth_of(const Observations& seen, std::string_view scenario);

/// `encrypted`: TLS hides the stream, and nothing is judged.
enum class Held { certain, uncertain, wrong, no_answer, encrypted };
[[nodiscard]] std::string_view to_string(Held held);
[[nodiscard]] Held held(const WireAnswer& answer, const WireTruth& truth);

/// A run's answers beside its truth.
struct WireProof {
  WireTruth truth;
  WireAnswers answers;
  bool encrypted = false;
  [[nodiscard]] Held held(View view) const;
};

/// The invariant "wire": no answer is wrong, none is missing, and an uncertain one names what would decide
/// it.
[[nodiscard]] std::vector<Violation> broken_by_wire(const WireProof& proof);
/// "both legs MIGRATED (destination), source leg LOST (nobody or source)"
[[nodiscard]] std::string text_of(const WireProof& proof);

[[nodiscard]] boost::json::object to_json(const WireProof& proof);
/// Throws std::exception when it is none.
[[nodiscard]] WireProof proof_from(const boost::json::value& value);

}  // namespace mig::validate
