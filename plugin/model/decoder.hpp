// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "mig/history/blobs.hpp"
#include "vmstate/decode.hpp"
#include "vmstate/description.hpp"

namespace mig::plugin {

/// Device states field by field, read through a VM description: the stream's own, or one that the user named.
class Decoder {
 public:
  /// `description`: JSON text, empty where the user's file could not be read; none: the user named no file.
  explicit Decoder(const std::optional<std::string>& description);

  /// The fields of a device section; nullptr where no description knows the device. `own` is the blob of the
  /// stream's own description, no_blob: none. The result lives as long as the decoder. Never throws.
  const vmstate::Decoded* decode(const Blobs& blobs, std::uint32_t device, std::uint32_t own,
                                 std::string_view idstr) noexcept;
  /// Why the user's description could not be read; empty: it could, or there is none.
  [[nodiscard]] const std::string& error() const noexcept { return error_; }

 private:
  const vmstate::Description* description_of(const Blobs& blobs, std::uint32_t own);

  std::optional<vmstate::Description> users_;
  std::string error_;
  std::map<std::uint32_t, std::optional<vmstate::Description>> own_;                            // by blob
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::optional<vmstate::Decoded>> decoded_;  // device, own
};

}  // namespace mig::plugin
