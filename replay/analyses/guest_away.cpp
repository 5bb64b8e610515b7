// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/analyses/guest_away.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "replay/analyses/words.hpp"

namespace mig::replay {
namespace {

/// The source stops its guest right before the first message of the switchover, so that counts as the stop.
class Estimator {
 public:
  Estimator(Time stopped, const Between& runs, const StartSigns& signs)
      : stopped_(stopped), runs_(runs), signs_(signs) {}

  [[nodiscard]] std::optional<GuestAway::Estimate> of() const {
    if (signs_.finished)
      return {{since(*signs_.finished), since(*signs_.finished),
               "a destination of precopy finishes right after it has started the guest"}};
    if (!signs_.loaded) return std::nullopt;
    const auto loaded = since(*signs_.loaded);
    if (!signs_.request)
      return {{loaded, loaded, "the devices were loaded (PONG); no page request followed"}};
    const auto request = since(*signs_.request);
    if (loaded < request)
      return {{loaded, request, "the devices were loaded (PONG), then the first page was requested"}};
    // One packet: the PONG waited in the destination's socket for an acknowledgement, some 40 ms of Linux.
    const auto before = std::max(signs_.answer_before.value_or(Time{}), *runs_.not_before);
    return {{std::min(since(before), request), request,
             "up to the first page request; it came in one packet with the PONGs, which may have waited in "
             "the destination's socket"}};
  }

 private:
  [[nodiscard]] Time since(Time time) const {
    return std::max(time, *runs_.not_before) - std::min(stopped_, *runs_.not_before);
  }

  Time stopped_;
  const Between& runs_;
  const StartSigns& signs_;
};

}  // namespace

GuestAway guest_away(const Timeline& source, const Timeline& destination) {
  GuestAway out;
  const auto& stopped = source.stopped;
  const auto& runs = destination.runs;
  if (runs.not_before && stopped.not_after)
    out.at_least = std::max(Time(0), *runs.not_before - *stopped.not_after);
  if (runs.not_after && stopped.not_before)
    out.at_most = std::max(Time(0), *runs.not_after - *stopped.not_before);
  if (out.at_least) out.estimate = Estimator(*stopped.not_after, runs, destination.start_signs).of();
  return out;
}

boost::json::object to_json(const GuestAway& away) {
  const auto value = [](const std::optional<Time>& time) {
    return time ? boost::json::value(seconds(*time)) : boost::json::value(nullptr);
  };
  boost::json::object out{{"at_least_s", value(away.at_least)}, {"at_most_s", value(away.at_most)}};
  out["estimate_from_s"] = value(away.estimate ? std::optional(away.estimate->from) : std::nullopt);
  out["estimate_to_s"] = value(away.estimate ? std::optional(away.estimate->to) : std::nullopt);
  out["estimate_by"] = away.estimate ? boost::json::value(away.estimate->by) : boost::json::value(nullptr);
  return out;
}

std::string GuestAway::text() const {
  if (!at_least) return {};
  auto bounds = "at least " + duration_text(*at_least);
  if (at_most) bounds += ", at most " + duration_text(*at_most);
  if (!estimate) return bounds;
  const auto from = duration_text(estimate->from), to = duration_text(estimate->to);
  return "about " + (from == to ? to : from + " to " + to) + " (" + bounds + ")";
}

}  // namespace mig::replay
