// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/commands/stream_origins.hpp"

#include <algorithm>

#include "common/text.hpp"
#include "replay/analyses/words.hpp"

namespace mig::replay {
namespace {

std::string row(std::string name, const std::string& text) {
  std::replace(name.begin(), name.end(), '_', ' ');
  return printed("  %-16s", name.c_str()) + readable(text) + "\n";
}

std::string text_of(const StreamOrigin& origin) {
  auto out = origin.kind;
  if (origin.begin != 0) out += ", stream at offset " + hex_text(origin.begin);
  if (origin.packed) out += ", compressed";
  out += "\n";
  for (const auto& [name, value] : origin.facts) out += row(name, value);
  for (const auto& device : origin.devices)
    out += row(&device == &origin.devices.front() ? "devices" : "", device);
  return out;
}

}  // namespace

std::string origins_text(const std::vector<StreamOrigin>& origins) {
  std::string out;
  for (const auto& origin : origins) {
    if (!origin.is_plain()) out += text_of(origin);
  }
  return out;
}

std::string snapshot_name(const std::vector<StreamOrigin>& origins, std::size_t migration) {
  if (migration >= origins.size()) return {};
  for (const auto& [name, value] : origins[migration].facts) {
    if (name == "snapshot") return " (snapshot " + readable(value) + ")";
  }
  return {};
}

boost::json::array to_json(const std::vector<StreamOrigin>& origins) {
  boost::json::array out;
  for (const auto& origin : origins) {
    boost::json::object one{
        {"kind", origin.kind}, {"offset_bytes", origin.begin}, {"compressed", origin.packed}};
    for (const auto& [name, value] : origin.facts) one[name] = readable(value);
    if (!origin.devices.empty()) {
      boost::json::array devices;
      for (const auto& device : origin.devices) devices.emplace_back(readable(device));
      one["devices"] = std::move(devices);
    }
    out.push_back(std::move(one));
  }
  return out;
}

}  // namespace mig::replay
