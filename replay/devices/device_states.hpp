// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "replay/analysis.hpp"

namespace mig::replay {

/// A START or FULL section as it came, with the bytes of device state where it is one.
struct DeviceSection {
  SectionType type = SectionType::full;
  std::string idstr;
  std::uint32_t section_id = 0;
  std::uint32_t instance_id = 0;
  std::uint32_t version_id = 0;
  bool in_package = false;
  bool ended = false;  ///< its footer came (or needs none)
  bool whole = true;   ///< `body` is all of it: nothing lost, nothing left out
  ConnectionId connection{};
  std::uint64_t offset = 0;  ///< of the section's first byte in its connection
  std::uint64_t size = 0;    ///< bytes between header and footer
  Time time{};               ///< when its header came
  std::uint64_t packet = 0;  ///< in which packet
  std::vector<std::byte> body;
};

/// What one migration said of its machine.
struct MachineState {
  const Migration* migration = nullptr;
  std::string machine;
  std::uint32_t page_size = 0;
  std::vector<std::string> configuration;  ///< subsections of the configuration section, one line each
  std::vector<std::pair<std::string, std::uint64_t>> ram_blocks;  ///< name, used length
  std::vector<DeviceSection> sections;                            ///< START and FULL, in wire order
  std::string vm_description;                                     ///< JSON; empty where none was sent
};

/// Collects the device sections of every migration in a capture.
class DeviceStates final : public Consumer {
 public:
  /// Bytes of device state that are kept, of the whole capture; sections beyond are listed without a body.
  static constexpr std::size_t max_kept = 48U << 20;

  void event(const Seen& seen, const Event& event, Bytes raw) override;
  void finished(Time time) override;

  [[nodiscard]] const std::vector<std::unique_ptr<MachineState>>& migrations() const noexcept {
    return migrations_;
  }

 private:
  MachineState& state(Migration& migration);
  void open(MachineState& state, const Seen& seen, const Event& event, const SectionHeader& header);
  void add(DeviceSection& section, const Event& event, Bytes raw);
  static void add_configuration(MachineState& state, const Event& event);
  void add_description(MachineState& state, const Event& event, Bytes raw);

  std::vector<std::unique_ptr<MachineState>> migrations_;
  std::size_t kept_ = 0;
};

}  // namespace mig::replay
