// SPDX-License-Identifier: GPL-2.0-or-later
#include "plugin/model/decoder.hpp"

#include <exception>

namespace mig::plugin {

Decoder::Decoder(const std::optional<std::string>& description) {
  if (!description) return;
  if (description->empty()) {
    error_ = "it is not there, or empty";
    return;
  }
  auto parsed = vmstate::parse_description(*description);
  users_ = std::move(parsed.description);
  error_ = std::move(parsed.error);
}

const vmstate::Description* Decoder::description_of(const Blobs& blobs, std::uint32_t own) {
  if (own == no_blob) return users_ ? &*users_ : nullptr;
  const auto [entry, is_new] = own_.try_emplace(own);
  if (is_new) entry->second = vmstate::parse_description(as_text(blobs[own].bytes)).description;
  if (entry->second) return &*entry->second;
  return users_ ? &*users_ : nullptr;
}

const vmstate::Decoded* Decoder::decode(const Blobs& blobs, std::uint32_t device, std::uint32_t own,
                                        std::string_view idstr) noexcept {
  try {
    const auto [entry, is_new] = decoded_.try_emplace({device, own});
    if (is_new) {
      const auto* description = description_of(blobs, own);
      const auto& header = std::get<SectionHeader>(blobs[device].header.body);
      const auto* layout = description != nullptr ? description->find(idstr, header.instance_id) : nullptr;
      if (layout != nullptr)
        entry->second = vmstate::decode(*description, *layout, header.version_id, blobs[device].bytes);
    }
    return entry->second ? &*entry->second : nullptr;
  } catch (const std::exception&) {
    return nullptr;  // out of memory: the bytes are shown as they are
  }
}

}  // namespace mig::plugin
