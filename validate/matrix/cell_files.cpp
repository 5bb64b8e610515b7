// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/matrix/cell_files.hpp"

#include <array>
#include <fstream>
#include <iterator>

#include "validate/base/files.hpp"
#include "validate/base/packing.hpp"

namespace fs = std::filesystem;
namespace json = boost::json;

namespace mig::validate {
namespace {

constexpr std::size_t longest_log = 64U << 10U;
constexpr std::size_t longest_recording = 4U << 20U;  // packed; a longer one is in the --keep folder only

std::string read_all(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// JSON wants UTF-8; logs are ASCII but for what a broken QEMU may print.
std::string log_text(const fs::path& path) {
  auto text = read_all(path);
  if (text.size() > longest_log) text = "...\n" + text.substr(text.size() - longest_log);
  for (auto& c : text)
    if (static_cast<unsigned char>(c) >= 0x80) c = '?';
  return text;
}

bool is_log(const fs::path& path) {
  static constexpr std::array<std::string_view, 4> kinds{".ndjson", ".stderr", ".trace", ".serial"};
  for (const auto kind : kinds)
    if (path.extension() == kind) return true;
  return false;
}

}  // namespace

void keep_for_a_report(const fs::path& folder, const CellResult& result) {
  write_file(folder / "result.json", json::serialize(to_json(result)) + "\n");
  write_file(folder / "command.txt", result.command + "\n");
}

json::object collect_files(const fs::path& folder, bool recording) {
  json::object files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const auto name = entry.path().filename().string();
    if (is_log(entry.path())) files[name] = log_text(entry.path());
    if (entry.path().extension() != ".pcapng" || !recording) continue;
    const auto packed = zstd_packed(read_all(entry.path()));
    if (packed.size() <= longest_recording) files[name + ".zst"] = base64(packed);
  }
  return files;
}

}  // namespace mig::validate
