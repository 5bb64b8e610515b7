// SPDX-License-Identifier: GPL-2.0-or-later
#include <doctest/doctest.h>

#include <boost/json.hpp>
#include <memory>

#include "replay/analyse_file.hpp"
#include "replay/devices/device_report.hpp"
#include "replay/played.hpp"
#include "support/stream_builder.hpp"

using namespace mig;
using namespace mig::replay;
namespace json = boost::json;

namespace {

std::string sample(const char* name) { return std::string(MIG_SAMPLES) + "/" + name; }

/// What one capture of one migration says of its devices.
struct Devices {
  DeviceStates states;
  CaptureDecoder analysis{{&states}};
  explicit Devices(const char* name) {
    std::string warning;
    static_cast<void>(analyse_file(sample(name), analysis, warning));
    REQUIRE(states.migrations().size() == 1);
  }
  [[nodiscard]] const MachineState& machine() const { return *states.migrations().front(); }
};

const char* const precopy = "01-precopy-11.1-11.1.pcap.zst";

}  // namespace

TEST_CASE("every section of every sample ends where a description of the same machine says") {
  const auto elsewhere = description_from_file(sample(precopy));
  for (const char* name :
       {"01-precopy-11.1-11.1.pcap.zst", "03-postcopy-11.1-11.1.pcap.zst", "05-postcopy-11.1-7.2.pcap.zst",
        "07-postcopy-preempt-11.1-11.1.pcap.zst", "08-multifd2-none-11.1-11.1.pcap.zst",
        "11a-postcopy-pause-recover-11.1-11.1.pcap.zst", "11b-postcopy-cut-recover-11.1-11.1.dstleg.pcap.zst",
        "12-postcopy-devfail-11.1-11.1.srcleg.pcap.zst", "13-postcopy-nopong42-11.1-11.1.dstleg.pcap.zst",
        "18a-file-stream-11.1-11.1.migstream.zst", "18b-mapped-ram-file-11.1-11.1.migstream.zst"}) {
    CAPTURE(name);
    const Devices devices(name);
    const auto own = own_description(devices.machine());
    CHECK(own.description.has_value() != devices.machine().migration->phases().postcopy());
    const auto out = devices_json(devices.machine(), elsewhere, devices.analysis.start(), {});
    CHECK(out.at("device_sections") == 31);
    CHECK(out.at("described_sections") == 31);
    CHECK(out.at("ends_as_described") == 31);
    CHECK(out.at("foreign_description") == true);
  }
}

TEST_CASE("a section that was damaged on its way shows no values") {
  const Devices devices("12-postcopy-devfail-11.1-11.1.dstleg.pcap.zst");
  const auto elsewhere = description_from_file(sample(precopy));
  const auto out = devices_json(devices.machine(), elsewhere, devices.analysis.start(), {"serial", false});
  CHECK(out.at("ends_as_described") == 30);
  REQUIRE(out.at("sections").as_array().size() == 1);
  const auto& serial = out.at("sections").as_array().front();
  CHECK(serial.at("fit") == "mismatch");
  CHECK(serial.at("reason") == "the section has version 1073741827, in the description it has 3");
  CHECK(serial.at("fields").as_object().empty());
  CHECK(serial.at("in_package") == true);
}

TEST_CASE("the text says where the description comes from and shows the values asked for") {
  const Devices devices("03-postcopy-11.1-11.1.pcap.zst");
  const auto& machine = devices.machine();
  const auto without = devices_text(machine, own_description(machine), {});
  CHECK(without.find("none: a postcopy migration sends none; --vmdesc takes one") != std::string::npos);
  CHECK(without.find("as described") == std::string::npos);
  const auto with = devices_text(machine, description_from_file(sample(precopy)), {"serial", true});
  CHECK(with.find("31 of 31 device sections end, by scan, where the description says") != std::string::npos);
  CHECK(with.find("  lsr                            0x60\n") != std::string::npos);
  CHECK(with.find("i8259") == std::string::npos);
}

TEST_CASE(
    "a section is whole if all of its bytes are there, with a layout of its own or without, and not if some "
    "are lost") {
  mig::test::StreamBuilder s;
  s.file_header()
      .configuration()
      .section_full(8, "s390-skeys")
      .be64(2)
      .be64(300)
      .fill(300, 0x7e)
      .be64(1)
      .footer(8);
  const auto begin = s.size();
  s.device(9, "serial", 40);
  DeviceStates states;
  test::Played play({&states});
  play.connect(0).source(Bytes(s).first(begin + 30)).lost(10).source(Bytes(s).subspan(begin + 40)).end();
  const auto& sections = states.migrations().at(0)->sections;
  REQUIRE(sections.size() == 2);
  CHECK(sections[0].whole);
  CHECK(sections[0].body.size() == 8 + 8 + 300 + 8);
  CHECK(sections[0].size == sections[0].body.size());
  CHECK_FALSE(sections[1].whole);
}

TEST_CASE("a description that cannot be had is an error with the file's name and a remedy") {
  CHECK_THROWS_WITH(static_cast<void>(description_from_file(sample("03-postcopy-11.1-11.1.pcap.zst"))),
                    (sample("03-postcopy-11.1-11.1.pcap.zst") +
                     ": no VM description in it; take a precopy stream or capture of the same machine")
                        .c_str());
  CHECK_THROWS_WITH(static_cast<void>(description_from_file("/nowhere")),
                    "/nowhere: No such file or directory");
}

TEST_CASE("repeated names and indexed elements are arrays, in wire order") {
  const auto result =
      vmstate::parse_description(R"({"devices":[{"name":"d","vmsd_name":"d","version":1,"fields":[
    {"name":"r","type":"uint8","size":1},{"name":"r","type":"uint8","size":1},{"name":"r","type":"uint8","size":1},
    {"name":"i","index":0,"type":"uint8","size":1,"array_len":1},{"name":"b","type":"bool","size":1}]}]})");
  REQUIRE(result.description);
  test::StreamBuilder bytes;
  bytes.raw({1, 2, 3, 4, 1});
  const auto decoded = vmstate::decode(*result.description, result.description->devices[0], 1, bytes);
  CHECK(json::serialize(values_json(decoded, bytes)) ==
        R"({"r":["0x01","0x02","0x03"],"i":[["0x04"]],"b":true})");
}
