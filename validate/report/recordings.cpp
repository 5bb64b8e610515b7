// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/report/recordings.hpp"

#include <algorithm>
#include <string_view>

#include "validate/base/errors.hpp"
#include "validate/base/files.hpp"
#include "validate/base/packing.hpp"

namespace fs = std::filesystem;
namespace json = boost::json;

namespace mig::validate {
namespace {

bool is_recording(std::string_view name) {
  constexpr std::string_view ending = ".zst";
  return name.size() > ending.size() && name.substr(name.size() - ending.size()) == ending;
}

/// "drop-pong-11.1-11.1-migration.pcapng.zst"; a QEMU may have been named by its path.
std::string file_name_of(const CellResult& one, std::string_view name) {
  auto text = one.scenario + "-" + one.source + "-" + one.destination + "-" +
              (one.repeat > 1 ? std::to_string(one.repeat) + "-" : "") + std::string(name);
  const auto odd = [](char c) { return c == '/' || c == ' ' || c == ':'; };
  std::replace_if(text.begin(), text.end(), odd, '_');
  return text;
}

}  // namespace

void put_recordings_aside(std::vector<CellResult>& results, const fs::path& page, std::size_t most) {
  std::size_t size = 0;
  for (const auto& one : results)
    for (const auto& [name, file] : one.files) size += is_recording(name) ? file.as_string().size() : 0;
  if (size <= most) return;
  const auto folder = fs::path(page).replace_extension(".files");
  create_folder(folder);
  for (auto& one : results)
    for (auto& [name, file] : one.files) {
      if (!is_recording(name)) continue;
      const auto path = folder / file_name_of(one, name);
      write_file(path, from_base64(file.as_string()));
      file = json::object{{"beside", (folder.filename() / path.filename()).string()}};
    }
}

}  // namespace mig::validate
