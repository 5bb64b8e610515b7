// SPDX-License-Identifier: GPL-2.0-or-later
// What tests of damaged captures share: what is missing must be told to the byte, and what is told must be
// what the whole capture tells, or less.
#pragma once
#include <boost/json.hpp>
#include <string>
#include <string_view>

#include "replay/frames.hpp"

namespace mig::test {

extern const std::vector<const char*> damaged_samples;

/// A name for a capture that is written and read again.
[[nodiscard]] std::string temporary_pcap();

[[nodiscard]] std::uint64_t number(const boost::json::object& o, std::string_view key);

/// What `summary --json` says of these frames; every byte must be counted for something.
[[nodiscard]] boost::json::object whole_summary_of(const Frames& frames);
/// The migrations in it.
[[nodiscard]] boost::json::array summary_of(const Frames& frames);
/// The only one.
[[nodiscard]] boost::json::object only(const boost::json::array& migrations);

[[nodiscard]] std::uint64_t sum(
    const std::map<std::pair<replay::Endpoint, replay::Endpoint>, std::uint64_t>& bytes);

/// Nothing is told that the whole capture does not tell. Sections named while their START was not seen have
/// no idstr, and a PACKAGED whose package was not seen is one.
void never_more_than(const boost::json::object& truth, const boost::json::object& told);

/// Everything but times and what follows from addresses.
[[nodiscard]] boost::json::object without_times(boost::json::object m);
/// What the whole capture holds for true is among what `told` holds for possible.
[[nodiscard]] bool can_be_true(const boost::json::object& told, const boost::json::object& truth);

}  // namespace mig::test
