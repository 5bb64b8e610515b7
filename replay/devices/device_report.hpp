// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <boost/json/object.hpp>
#include <optional>
#include <string>

#include "replay/devices/device_states.hpp"
#include "vmstate/decode.hpp"

namespace mig::replay {

/// A VM description and where it was found.
struct FoundDescription {
  vmstate::Description description;
  std::string origin;    ///< for people: "the stream's own", "taken from FILE"
  bool foreign = false;  ///< of another stream: presence of fields may differ
};
/// The description that `state` itself ends with. nullopt and `why`: there is none, or it cannot be read.
[[nodiscard]] std::optional<FoundDescription> own_description(const MachineState& state, std::string& why);
/// A description from a file: its JSON text (as `extract --what vmdesc` writes it), or a capture or stream
/// that ends with one. Throws std::runtime_error that names the file and what is wrong.
[[nodiscard]] FoundDescription description_from_file(const std::string& path);

/// A section seen through a description; `fit` is not set where there is nothing to look through.
struct DescribedSection {
  const DeviceSection* section = nullptr;
  std::optional<vmstate::Decoded> decoded;
};
/// One entry per section of `state`, which with `description` outlives the result.
[[nodiscard]] std::vector<DescribedSection> describe_sections(const MachineState& state,
                                                              const FoundDescription* description);

/// How the ends of sections that were found by scanning compare with the description's lengths.
struct ScanCheck {
  std::size_t described = 0;  ///< device sections that the description knows
  std::size_t equal = 0;      ///< those whose every byte it accounts for
};
[[nodiscard]] ScanCheck check_scan(const std::vector<DescribedSection>& sections);

struct DeviceReportOptions {
  std::string device;   ///< only sections whose idstr contains this; empty: all
  bool values = false;  ///< print fields and values, not only the table
};
[[nodiscard]] std::string devices_text(const MachineState& state, const FoundDescription* description,
                                       const std::string& no_description, const DeviceReportOptions& options);
/// Without `device` all sections; values always. docs/devices-schema.md has the keys.
[[nodiscard]] boost::json::object devices_json(const MachineState& state, const FoundDescription* description,
                                               const DeviceReportOptions& options);

}  // namespace mig::replay
