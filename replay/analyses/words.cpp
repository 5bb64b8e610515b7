// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/analyses/words.hpp"

namespace mig::replay {

std::string percent_text(double part, double whole) {
  return whole > 0 ? printed("%.0f %%", 100 * part / whole) : "-";
}

std::string summary_row(const char* name, const std::string& text) {
  return printed("  %-16s", name) + text + "\n";
}

std::string no_such_migration(std::size_t wanted, std::size_t there) {
  return "there is no migration " + std::to_string(wanted) + "; the capture has " +
         (there == 0 ? "none" : std::to_string(there));
}

}  // namespace mig::replay
