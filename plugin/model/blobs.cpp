// SPDX-License-Identifier: GPL-2.0-or-later
#include "plugin/model/blobs.hpp"

namespace mig::plugin {

std::uint32_t Blobs::open(const Event& header) {
  all_.push_back({header, {}, false, false, false});
  return static_cast<std::uint32_t>(all_.size() - 1);
}

void Blobs::append(std::uint32_t number, Bytes bytes) {
  auto& blob = all_[number];
  if (blob.cut) return;
  if (bytes.size() > left_) {
    left_ += blob.bytes.size();
    blob.bytes = {};
    blob.cut = true;
    return;
  }
  left_ -= bytes.size();
  blob.bytes.insert(blob.bytes.end(), bytes.begin(), bytes.end());
}

}  // namespace mig::plugin
