// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <compare>
#include <string>
#include <string_view>

#include "mig/history/facts.hpp"

namespace mig {

struct QemuVersion {
  unsigned major = 0, minor = 0;
  friend auto operator<=>(const QemuVersion&, const QemuVersion&) = default;
  [[nodiscard]] std::string text() const { return std::to_string(major) + "." + std::to_string(minor); }
};

/// Versioned machine types end in "-MAJOR.MINOR", and a QEMU knows none newer than itself. 0.0 for the
/// others.
[[nodiscard]] QemuVersion machine_version(std::string_view machine);
/// The source is known to be QEMU 10.2 or later, which hands the guest over with PONG 0x42.
[[nodiscard]] bool waits_for_pong(const Facts& at_source, const StreamTables& tables);

}  // namespace mig
