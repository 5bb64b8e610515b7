// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/analyses/words.hpp"

namespace mig::replay {

std::string bytes_text(std::uint64_t n) {
  if (n < 10000) return std::to_string(n) + " B";
  constexpr std::array units = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  double value = static_cast<double>(n) / 1024;
  std::size_t unit = 0;
  for (; value >= 10240 && unit + 1 < units.size(); ++unit) value /= 1024;
  return printed("%.1f %s", value, units.at(unit));
}

std::string rate_text(double rate) { return printed(rate < 100e6 ? "%.1f MB/s" : "%.0f MB/s", rate / 1e6); }

std::string duration_text(Time time) {
  const auto us = std::chrono::duration<double, std::micro>(time).count();
  if (us < 1000) return printed("%.0f us", us);
  if (us < 1e6) return printed("%.1f ms", us / 1e3);
  return printed("%.2f s", us / 1e6);
}

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
