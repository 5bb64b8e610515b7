// SPDX-License-Identifier: GPL-2.0-or-later
// Real machines: every section's end was found by scanning, and the description that QEMU sent accounts for
// every byte between.
#include <filesystem>

#include "helpers.hpp"
#include "replay/analyse_file.hpp"
#include "replay/devices/device_states.hpp"

using namespace mig;
using namespace mig::replay;

namespace {

std::unique_ptr<MachineState> machine_of(const std::string& file) {
  DeviceStates states;
  CaptureDecoder analysis({&states});
  std::string warning;
  static_cast<void>(analyse_file(std::string(MIG_SAMPLES) + "/" + file, analysis, warning));
  REQUIRE(states.migrations().size() == 1);
  return std::make_unique<MachineState>(*states.migrations().front());
}

}  // namespace

TEST_CASE("the description accounts for every byte of every section between the footers that were found") {
  for (const char* file :
       {"01-precopy-11.1-11.1.pcap.zst", "08-multifd2-none-11.1-11.1.pcap.zst",
        "18a-file-stream-11.1-11.1.migstream.zst", "18b-mapped-ram-file-11.1-11.1.migstream.zst"}) {
    CAPTURE(file);
    const auto machine = machine_of(file);
    const auto description = test::parsed(machine->vm_description);
    CHECK(description.page_size == 4096);
    std::size_t devices = 0;
    for (const auto& section : machine->sections) {
      if (section.type != SectionType::full) continue;
      ++devices;
      CAPTURE(section.idstr);
      const auto* layout = description.find(section.idstr, section.instance_id);
      REQUIRE(layout != nullptr);
      const auto decoded = vmstate::decode(description, *layout, section.version_id, section.body);
      CHECK_MESSAGE(decoded.fit == vmstate::Fit::exact, decoded.reason);
    }
    CHECK(devices == description.devices.size());
  }
}
