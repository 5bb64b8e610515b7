// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/run/qemu_choice.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "validate/base/child_process.hpp"
#include "validate/base/errors.hpp"
#include "validate/base/files.hpp"

namespace fs = std::filesystem;

namespace mig::validate {
namespace {

constexpr Seconds version_limit = 20;
constexpr Seconds fetch_limit = 1800;

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

bool is_name(const std::string& text) {
  return !text.empty() && text.find_first_not_of("0123456789.") == std::string::npos;
}

fs::path in_cache(const std::string& name) {
  auto variable = "MIG_QEMU_" + name;
  std::replace(variable.begin(), variable.end(), '.', '_');
  if (const auto own = environment(variable.c_str()); !own.empty()) return own;
  const auto cache = environment("XDG_CACHE_HOME");
  const auto base = cache.empty() ? fs::path(environment("HOME")) / ".cache" : fs::path(cache);
  return base / "migwire" / "qemu" / name / "qemu-system-x86_64";
}

/// The first line that a program prints; empty when it does not end in time or with another code than 0.
std::string first_line(const fs::path& program, const std::vector<std::string>& arguments, Seconds limit) {
  const TempDir folder;
  const auto output = folder.path() / "out";
  ChildProcess process({program, arguments, output, folder.path() / "err"});
  (void)process.wait_for(limit);
  std::string line;
  if (process.exit_code() == 0) {
    std::ifstream in(output);
    std::getline(in, line);
  }
  return line;
}

// Beside the program when installed, else in the tree it was built from.
fs::path get_qemu_script() {
  std::error_code unknown;
  const auto bin = fs::read_symlink("/proc/self/exe", unknown).parent_path();
  for (const auto& path :
       {bin / "../share/migwire/get-qemu.sh", fs::path(MIG_SOURCE_DIR) / "scripts/get-qemu.sh"})
    if (fs::exists(path, unknown)) return path;
  return {};
}

// Asked of the program itself: any program has some number in its first line.
QemuChoice checked(const std::string& name, const fs::path& path) {
  static constexpr std::string_view greeting = "QEMU emulator version ";
  const auto line = first_line(path, {"--version"}, version_limit);
  const auto version = line.starts_with(greeting) ? parse_version(line) : std::nullopt;
  if (!version)
    throw WrongUsage(path.string() + " is no QEMU: --version prints " +
                     (line.empty() ? "nothing" : "\"" + line + "\"") +
                     ". Give a version such as 11.1, or the path of a qemu-system-x86_64");
  return {name, path, *version};
}

}  // namespace

QemuChoice choose_qemu(const std::string& name, bool fetch) {
  if (!is_name(name)) return checked(name, fs::absolute(name));
  if (!parse_version(name)) throw WrongUsage("\"" + name + "\" is no version such as 11.1, and no path");
  std::error_code unknown;
  if (const auto cached = in_cache(name); fs::exists(cached, unknown)) return checked(name, cached);
  const auto fetched = fetch ? first_line(get_qemu_script(), {"--yes", name}, fetch_limit) : std::string();
  if (!fetched.empty()) return checked(name, fetched);
  throw CouldNotRun("QEMU " + name +
                    (fetch ? " could not be fetched: try scripts/get-qemu.sh " + name
                           : " is not installed: add --fetch, or run scripts/get-qemu.sh " + name));
}

}  // namespace mig::validate
