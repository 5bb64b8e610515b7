// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <boost/json/object.hpp>
#include <string>

#include "replay/analyses/summary.hpp"

namespace mig::replay {

/// The device section with the most bytes; nullptr: none was sent.
[[nodiscard]] const SectionSeen* largest_device(const MigrationSummary& m);

/// Rows of the summary: which features of QEMU are seen in use, and what is sent of the guest.
[[nodiscard]] std::string negotiated_rows(const MigrationSummary& m);
/// The same by QEMU's names of capabilities; null where a capture with gaps may hide it
/// (docs/summary-schema.md).
[[nodiscard]] boost::json::object negotiated_json(const MigrationSummary& m);

}  // namespace mig::replay
