// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/expect/feature.hpp"

namespace mig::validate {
namespace {

constexpr Feature features[] = {
    {"postcopy-device", ">=10.2", "*", "older sources send no PING 0x42 and wait for no answer."},
    {"postcopy-multifd", ">=10.1", ">=10.1", "QEMU knows postcopy together with multifd since 10.1."},
};

}  // namespace

const Feature* find_feature(std::string_view name) {
  for (const auto& feature : features)
    if (feature.name == name) return &feature;
  return nullptr;
}

std::vector<std::string> feature_names() {
  std::vector<std::string> names;
  for (const auto& feature : features) names.emplace_back(feature.name);
  return names;
}

}  // namespace mig::validate
