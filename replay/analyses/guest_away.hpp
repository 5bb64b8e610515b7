// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <boost/json/object.hpp>
#include <optional>
#include <string>

#include "replay/analyses/timeline.hpp"

namespace mig::replay {

/// For how long nobody ran the guest. The bounds follow from what was delivered, the estimate only from what
/// is usual (docs/replay-schema.md, "timeline").
struct GuestAway {
  /// Both the same: one moment speaks for the start of the guest.
  struct Estimate {
    Time from{}, to{};
    std::string by;  ///< what it rests on
  };
  std::optional<Time> at_least, at_most;
  std::optional<Estimate> estimate;

  /// "about 1.7 ms to 42.3 ms (at least 969 us, at most 916.9 ms)"; empty: the guest was not handed over.
  [[nodiscard]] std::string text() const;
};

/// `source` shows when the source's guest stopped, `destination` when the destination's ran. They are the
/// same but for the two legs of a recording, which have one clock.
[[nodiscard]] GuestAway guest_away(const Timeline& source, const Timeline& destination);
/// `at_least_s`, `at_most_s`, `estimate_from_s`, `estimate_to_s`, `estimate_by`; null: not known.
[[nodiscard]] boost::json::object to_json(const GuestAway& away);

}  // namespace mig::replay
