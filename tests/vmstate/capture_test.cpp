// SPDX-License-Identifier: GPL-2.0-or-later
// Real machines: every section's end was found by scanning, and the description that QEMU sent accounts for
// every byte between.
#include <algorithm>
#include <filesystem>

#include "helpers.hpp"
#include "replay/analyse_file.hpp"
#include "replay/devices/device_states.hpp"
#include "replay/diff/machine_diff.hpp"

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

/// The destination's QEMU says what was sent: "Features 0x300000044 unsupported".
TEST_CASE("virtio on PCI: status, features by name, queues; the rest stays bytes") {
  const auto machine = machine_of("cases/virtio-features.pcap.zst");
  const auto description = test::parsed(machine->vm_description);
  const auto section = std::find_if(machine->sections.begin(), machine->sections.end(),
                                    [](const auto& s) { return s.idstr == "0000:00:02.0/virtio-blk"; });
  REQUIRE(section != machine->sections.end());
  const auto decoded =
      vmstate::decode(description, *description.find(section->idstr, 0), section->version_id, section->body);
  CHECK(decoded.fit == vmstate::Fit::exact);
  const auto lines = test::lines(decoded, section->body);
  const auto has = [&](const char* line) {
    return std::find(lines.begin(), lines.end(), line) != lines.end();
  };
  CHECK(lines.front() == "virtio");
  CHECK(has("  status = 0x0f (ACKNOWLEDGE, DRIVER, DRIVER_OK, FEATURES_OK)"));
  CHECK(has("  guest_features = 0x00000044 (VIRTIO_BLK_F_SEG_MAX, VIRTIO_BLK_F_BLK_SIZE)"));
  CHECK(
      has("    guest_features = 0x0000000300000044 (VIRTIO_BLK_F_SEG_MAX, VIRTIO_BLK_F_BLK_SIZE, "
          "VIRTIO_F_VERSION_1, VIRTIO_F_ACCESS_PLATFORM)"));
  CHECK(has("  queue[0]"));
  CHECK(has("    num = 0x00000100"));
  std::uint64_t end = 0;  // the parts lie one behind the other, and nothing between
  for (const auto& v : decoded.values) {
    if (v.kind == vmstate::ValueKind::structure || v.kind == vmstate::ValueKind::subsection) continue;
    CHECK((v.offset == end || v.name == "guest_features"));  // behind the subsection's head
    end = v.offset + v.size;
  }
  CHECK(end == section->body.size());
  SUBCASE("bytes that are not those of such a device stay bytes") {
    auto other = section->body;
    other[3] = std::byte{9};  // PCI's version
    const auto seen =
        vmstate::decode(description, *description.find(section->idstr, 0), section->version_id, other);
    CHECK(seen.fit == vmstate::Fit::exact);
    CHECK(seen.values.size() == 1);
  }
  SUBCASE("a difference is the bits that one side lacks, whatever else is asked for") {
    auto changed = *machine;
    auto& body = changed.sections[static_cast<std::size_t>(section - machine->sections.begin())].body;
    const std::string_view name = "virtio/64bit_features";
    const auto at = as_text(body).find(name) + name.size() + 4;
    body[at + 3] = std::byte{1};
    const auto own = own_description(*machine);
    const auto diff = diff_machines({machine.get(), &own}, {&changed, &own}, false);
    REQUIRE(diff.differences.size() == 1);
    CHECK(diff.differences[0].what == "virtio.virtio/64bit_features.guest_features");
    CHECK(diff.differences[0].a == "VIRTIO_F_ACCESS_PLATFORM");
    CHECK(diff.differences[0].b == "none of these");
  }
}

TEST_CASE("the description accounts for every byte of every section between the footers that were found") {
  struct Sample {
    const char* file;
    std::uint32_t page_size = 4096;
  };
  for (const auto& sample :
       {Sample{"01-precopy-11.1-11.1.pcap.zst"}, Sample{"08-multifd2-none-11.1-11.1.pcap.zst"},
        Sample{"18a-file-stream-11.1-11.1.migstream.zst"},
        Sample{"18b-mapped-ram-file-11.1-11.1.migstream.zst"},
        Sample{"machines/isapc-7.2.pcap.zst"},                  // two isa-ide of one instance
        Sample{"machines/q35-smp4-not-started-11.1.pcap.zst"},  // apic_sipi
        Sample{"machines/s390x-11.1.pcap.zst"},  // qemu-s390-flic-full, ipl/iplb_extended, ptr-marker
        Sample{"machines/avr-10.0.pcap.zst", 256}}) {
    CAPTURE(sample.file);
    const auto machine = machine_of(sample.file);
    const auto description = test::parsed(machine->vm_description);
    CHECK(description.page_size == sample.page_size);
    CHECK(machine->page_size == sample.page_size);
    std::size_t devices = 0;
    for (const auto& section : machine->sections) {
      if (section.type != SectionType::full) continue;
      ++devices;
      CAPTURE(section.idstr);
      const auto* layout = description.find(section.idstr, section.instance_id, section.which);
      REQUIRE(layout != nullptr);
      const auto decoded = vmstate::decode(description, *layout, section.version_id, section.body);
      CHECK_MESSAGE(decoded.fit == vmstate::Fit::exact, decoded.reason);
    }
    CHECK(devices == description.devices.size());
  }
}
