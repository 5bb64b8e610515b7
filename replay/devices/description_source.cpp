// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/devices/description_source.hpp"

#include <stdexcept>

#include "replay/analyse_file.hpp"
#include "replay/input/compressed_file.hpp"

namespace mig::replay {
namespace {

DescriptionSource read(const std::string& json, std::string where, bool foreign) {
  auto result = vmstate::parse_description(json);
  if (result.description) return {std::move(result.description), std::move(where), foreign};
  return {std::nullopt, std::move(result.error), foreign};
}

bool is_json(const std::string& path) {
  const auto file = open_packed(path);
  return file.first.starts_with('{');
}

std::string text_of(const std::string& path) {
  const auto file = open_packed(path);
  std::string out;
  std::string buffer(1U << 16, '\0');
  for (std::size_t n = 0; (n = std::fread(buffer.data(), 1, buffer.size(), file.file.get())) > 0;) {
    out.append(buffer, 0, n);
    if (out.size() > vmstate::max_description) break;  // its reader refuses it
  }
  if (!file.damage->empty()) throw std::runtime_error(path + ": " + *file.damage);
  return out;
}

std::string description_in_capture(const std::string& path) {
  DeviceStates states;
  CaptureDecoder analysis({&states});
  std::string warning;
  static_cast<void>(analyse_file(path, analysis, warning));
  for (const auto* m : states.migrations()) {
    if (!m->vm_description.empty()) return m->vm_description;
  }
  throw std::runtime_error(path +
                           ": no VM description in it; take a precopy stream or capture of the same machine");
}

}  // namespace

DescriptionSource own_description(const MachineState& state) {
  if (!state.vm_description.empty()) return read(state.vm_description, "sent in this stream", false);
  const bool postcopy = state.migration->phases().postcopy();
  return {
      std::nullopt,
      postcopy
          ? "a postcopy migration sends none; --vmdesc takes one from a precopy stream of the same machine"
          : "the stream has none, or the capture does not reach it; --vmdesc takes one from elsewhere",
      false};
}

DescriptionSource description_from_file(const std::string& path) {
  if (path == "-") throw std::runtime_error("--vmdesc needs a file, not standard input");
  auto found = read(is_json(path) ? text_of(path) : description_in_capture(path), "from " + path, true);
  if (!found.description) throw std::runtime_error(path + ": " + found.origin);
  return found;
}

}  // namespace mig::replay
