// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <string>

#include "replay/analyses/summary.hpp"

namespace mig::replay {

/// "RECOVERED precopy, 2026-11-23 00:29:07.907 UTC, 1.001 s, 890.7 KiB to destination: the source runs the
/// guest again ...": what people want to know first, without a line end.
[[nodiscard]] std::string first_line(const Reported& migration);
/// Of a stream that was read from a file: nobody can see there who runs its guest.
[[nodiscard]] bool is_file(const MigrationSummary& m);
/// "MIGRATED", "PAUSED (not certain)"; of a file "SAVED STATE" or "CUT SHORT".
[[nodiscard]] std::string outcome_text(const MigrationSummary& m, const Verdict& v);
/// "the destination runs the guest"
[[nodiscard]] std::string meaning_text(const MigrationSummary& m, const Verdict& v);
/// "2026-11-23 00:29:07.907 UTC"
[[nodiscard]] std::string utc_text(Time time);

}  // namespace mig::replay
