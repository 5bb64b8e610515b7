// SPDX-License-Identifier: GPL-2.0-or-later
// What the end-to-end tests need from outside, and how they say loudly that it is not there.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <optional>
#include <string>

namespace mig::test {

inline bool& something_was_missing() {
  static bool missing = false;
  return missing;
}

inline void say_missing(const std::string& what, const std::string& remedy) {
  something_was_missing() = true;
  std::cerr << "\n********************************************************************\n"
            << "SKIPPED: " << what << "\n"
            << remedy << "\n********************************************************************\n";
}

inline std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

/// MIG_QEMU_11_1 and the like, else what scripts/get-qemu.sh has put into the cache.
inline std::optional<std::filesystem::path> find_qemu(const std::string& version) {
  auto variable = "MIG_QEMU_" + version;
  for (auto& c : variable) c = c == '.' ? '_' : c;
  std::filesystem::path path = environment(variable.c_str());
  if (path.empty()) {
    const auto cache = environment("XDG_CACHE_HOME");
    path =
        cache.empty() ? std::filesystem::path(environment("HOME")) / ".cache" : std::filesystem::path(cache);
    path = path / "migwire" / "qemu" / version / "qemu-system-x86_64";
  }
  if (std::filesystem::exists(path)) return path;
  say_missing("no QEMU " + version + " at hand",
              "Fetch it: scripts/get-qemu.sh " + version + ", or set " + variable + ".");
  return std::nullopt;
}

inline std::optional<std::filesystem::path> find_migproxy() {
  const std::filesystem::path path = environment("MIG_MIGPROXY");
  if (!path.empty() && std::filesystem::exists(path)) return path;
  say_missing("no migproxy at hand", "Set MIG_MIGPROXY to the program.");
  return std::nullopt;
}

}  // namespace mig::test
