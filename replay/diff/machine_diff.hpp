// SPDX-License-Identifier: GPL-2.0-or-later
// What differs between the machines of two migrations, as their streams show them.
#pragma once
#include <cstddef>
#include <string>
#include <vector>

#include "replay/devices/description_source.hpp"

namespace mig::replay {

/// One difference. A side that lacks the thing has an empty text.
struct Difference {
  std::string kind;  ///< "machine", "page size", "configuration", "RAM block", "section", "order", "version",
                     ///< "bytes", "subsection", "field", "value", "not decoded"
  std::string section;  ///< idstr, and #instance where it is not 0; empty for the machine as a whole
  std::string what;     ///< name of the block, subsection or field
  std::string a, b;
};

struct MachineDiff {
  std::vector<Difference> differences;
  std::size_t common_sections = 0;
  std::size_t decoded_sections = 0;  ///< those of them whose fields were compared
  std::size_t other_ids = 0;         ///< those of them with another section id, which matters to nobody
};

/// One side of the comparison; the parts outlive the result of diff_machines().
struct MachineSide {
  const MachineState* state = nullptr;
  const DescriptionSource* description = nullptr;
};

/// Compares machine, configuration, RAM blocks, sections (presence, order, version, length) and, where both
/// sides have a description, subsections and fields; with `values` also what the fields hold.
[[nodiscard]] MachineDiff diff_machines(const MachineSide& a, const MachineSide& b, bool values);

}  // namespace mig::replay
