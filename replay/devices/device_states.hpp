// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "mig/history/blobs.hpp"
#include "replay/analyses/registry.hpp"
#include "replay/per_migration.hpp"

namespace mig::replay {

/// How the end of a section was found.
enum class SectionEnd : std::uint8_t {
  stream,       ///< by a footer, or what else ends it
  description,  ///< no footers: by the sizes of the VM description
  guess,        ///< no footers: where a section header is plausible
};

/// A START or FULL section as it came, with the bytes of device state where it is one.
struct DeviceSection {
  SectionType type = SectionType::full;
  std::string idstr;
  std::uint32_t section_id = 0;
  std::uint32_t instance_id = 0;
  std::size_t which = 0;  ///< number, from 0, among those of this type with this name and instance
  std::uint32_t version_id = 0;
  bool in_package = false;
  bool whole = true;  ///< `body` is all of it: nothing lost, nothing left out
  ConnectionId connection{};
  std::uint64_t offset = 0;  ///< of the section's first byte in its connection
  std::uint64_t size = 0;    ///< bytes between header and footer
  Time time{};               ///< when its header came
  std::uint64_t packet = 0;  ///< in which packet
  SectionEnd end = SectionEnd::stream;
  std::vector<std::byte> body;
};

/// What one migration said of its machine.
struct MachineState {
  explicit MachineState(const Migration& m) : migration(&m) {}
  const Migration* migration;
  std::string machine;
  std::uint32_t page_size = 0;
  std::vector<std::string> configuration;  ///< subsections of the configuration section, one line each
  std::vector<std::pair<std::string, std::uint64_t>> ram_blocks;  ///< name, used length
  std::vector<DeviceSection> sections;                            ///< START and FULL, in wire order
  std::string vm_description;                                     ///< JSON; empty where none was sent
};

struct DescriptionSource;

/// Which sections to show, and whether with their values.
struct DeviceChoice {
  std::string device;   ///< only sections whose idstr contains this; empty: all
  bool values = false;  ///< text: fields and values too, not only the table
};

/// Collects the device sections of every migration in a capture. JSON: docs/replay-schema.md, "devices".
class DeviceStates final : public MigrationAnalysis {
 public:
  /// Bytes of device state that are kept, of the whole capture; sections beyond are listed without a body.
  static constexpr std::size_t max_kept = 48U << 20;

  void event(const EventContext& context, const Event& event, Bytes raw) override;
  void undelivered(const EventContext& context, const Event& event, Bytes raw) override {
    this->event(context, event, raw);
  }
  /// Pages are no device state.
  void whole_pages(const EventContext& context, std::span<const Event> pages, Bytes raw) override;
  void finished(Time time) override;

  /// What text() and json() show, and a VM description that goes before the stream's own; nullptr: none. It
  /// outlives the object.
  void show(const DeviceChoice& choice, const DescriptionSource* elsewhere) {
    choice_ = choice;
    elsewhere_ = elsewhere;
  }
  [[nodiscard]] std::string text(const Migration& migration, Time start) override;
  [[nodiscard]] boost::json::object json(const Migration& migration, Time start) override;
  /// Those with a main channel.
  [[nodiscard]] std::vector<const MachineState*> migrations() const {
    return migrations_.list<MachineState>();
  }

 private:
  struct State : MachineState {
    using MachineState::MachineState;
    BlobCollector collector{BlobCollector::Packages::left_out};
    std::vector<std::uint32_t> blobs;  // those that began
  };
  static void add_configuration(MachineState& state, const Event& event);
  void split(MachineState& state) const;
  void finish(State& state);

  Blobs blobs_{max_kept};
  PerMigration<State> migrations_;
  DeviceChoice choice_;
  const DescriptionSource* elsewhere_ = nullptr;
};
extern const AnalysisKind devices_analysis;

}  // namespace mig::replay
