// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <optional>
#include <string>

#include "replay/devices/device_states.hpp"
#include "vmstate/description.hpp"

namespace mig::replay {

/// A VM description and where it comes from, or why there is none.
struct DescriptionSource {
  std::optional<vmstate::Description> description;
  std::string origin;    ///< for people: "sent in this stream", "from FILE"; without a description: why none
  bool foreign = false;  ///< of another stream: which optional fields were sent may differ
};

/// The description that the migration itself ends with.
[[nodiscard]] DescriptionSource own_description(const MachineState& state);
/// A description from a file: its JSON text as `extract --what vmdesc` writes it, or a capture or stream of
/// the same machine that ends with one. Throws std::runtime_error that names the file and what is wrong.
[[nodiscard]] DescriptionSource description_from_file(const std::string& path);

}  // namespace mig::replay
