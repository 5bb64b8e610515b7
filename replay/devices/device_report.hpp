// SPDX-License-Identifier: GPL-2.0-or-later
// Device sections through a VM description, as text and as JSON.
#pragma once
#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <vector>

#include "replay/devices/description_source.hpp"
#include "replay/devices/device_states.hpp"
#include "vmstate/decode.hpp"

namespace mig::replay {

/// A section seen through a description; `decoded` is not set where there is nothing to see it through, and
/// `why_not` says why.
struct DescribedSection {
  const DeviceSection* section = nullptr;
  std::optional<vmstate::Decoded> decoded;
  std::string why_not;
};
/// One entry per section of `state`, which with `description` outlives the result.
[[nodiscard]] std::vector<DescribedSection> describe_sections(const MachineState& state,
                                                              const DescriptionSource& description);

/// How the section ends that were found by scanning compare with the description's lengths.
struct ScanCheck {
  std::size_t device_sections = 0;
  std::size_t described = 0;  ///< those of them that the description knows
  std::size_t equal = 0;      ///< those of them whose every byte it accounts for
};
[[nodiscard]] ScanCheck check_scan(const std::vector<DescribedSection>& sections);

[[nodiscard]] std::string devices_text(const MachineState& state, const DescriptionSource& description,
                                       const DeviceChoice& choice);
/// docs/replay-schema.md, "devices". Times are seconds since `start`.
[[nodiscard]] boost::json::object devices_json(const MachineState& state,
                                               const DescriptionSource& description, Time start,
                                               const DeviceChoice& choice);
/// The fields of a section: objects for structures, arrays for repeated names, texts for values.
[[nodiscard]] boost::json::object values_json(const vmstate::Decoded& decoded, Bytes body);

}  // namespace mig::replay
