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

namespace {

/// Number, from 0, among the FULL sections of its connection with this name and instance.
std::size_t number_among_its_like(const Blobs& blobs, std::uint32_t device) {
  const auto& at = blobs[device].at;
  const auto& its = std::get<SectionHeader>(blobs[device].header.body);
  std::size_t n = 0;
  for (std::uint32_t i = 0; i < device; ++i) {
    const auto* header = std::get_if<SectionHeader>(&blobs[i].header.body);
    if (header != nullptr && header->type == SectionType::full && header->idstr == its.idstr &&
        header->instance_id == its.instance_id && blobs[i].at.connection == at.connection)
      ++n;
  }
  return n;
}

}  // namespace

const vmstate::Decoded* Decoder::decode(const Blobs& blobs, std::uint32_t device, std::uint32_t own,
                                        std::string_view idstr) noexcept {
  try {
    const auto [entry, is_new] = decoded_.try_emplace({device, own});
    if (is_new) {
      const auto* description = description_of(blobs, own);
      const auto& header = std::get<SectionHeader>(blobs[device].header.body);
      const auto* layout = description != nullptr ? description->find(idstr, header.instance_id,
                                                                      number_among_its_like(blobs, device))
                                                  : nullptr;
      if (layout != nullptr)
        entry->second = vmstate::decode(*description, *layout, header.version_id, blobs[device].bytes);
    }
    return entry->second ? &*entry->second : nullptr;
  } catch (const std::exception&) {
    return nullptr;  // out of memory: the bytes are shown as they are
  }
}

}  // namespace mig::plugin
