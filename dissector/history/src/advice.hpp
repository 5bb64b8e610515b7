// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include "mig/history/verdict.hpp"

namespace mig {

/// What would make the verdict certain. `stream_file`: the stream was written to a file.
[[nodiscard]] std::vector<std::string_view> would_decide(const SideStates& sources,
                                                         const SideStates& destinations,
                                                         const Facts& at_source, const Facts& at_destination,
                                                         bool stream_file);
/// What can be done now; the evidence is docs/findings.md.
[[nodiscard]] std::vector<std::string_view> what_next(const Verdict& verdict, const Facts& at_source,
                                                      const Facts& at_destination);

}  // namespace mig
