// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/libvirt/command_log.hpp"

#include <doctest/doctest.h>

#include <fstream>

#include "validate/base/files.hpp"

using namespace mig::validate;
using namespace mig::validate::libvirt;
using Kind = MonitorLine::Kind;

namespace {

constexpr const char* cont_11_3 =
    R"(2026-11-24 15:10:30.816+0000: 5: info : qemuMonitorSend:836 : QEMU_MONITOR_SEND_MSG: mon=0x7fc3a862efa0 msg={"execute":"cont","id":"libvirt-507"})";
constexpr const char* event_12_8 =
    R"(2026-11-24 15:11:49.390+0000: 36: info : qemuMonitorJSONIOProcessLine:231 : QEMU_MONITOR_RECV_EVENT: mon=0x7f3d5067d540 event={"timestamp": {"seconds": 1795533109, "microseconds": 389546}, "event": "MIGRATION", "data": {"status": "postcopy-device"}})";

std::optional<std::pair<Kind, std::string>> told(const char* line) {
  const auto parsed = parse_monitor_line(line);
  if (!parsed) return std::nullopt;
  return std::pair(parsed->kind, parsed->text);
}

}  // namespace

TEST_CASE("commands and events are read with their time") {
  const auto cont = parse_monitor_line(cont_11_3);
  REQUIRE(cont);
  CHECK(*cont == MonitorLine{1795533030.816, Kind::command, "cont", "mon=0x7fc3a862efa0 libvirt-507"});
  CHECK(told(event_12_8) == std::pair(Kind::event, std::string("MIGRATION postcopy-device")));
  CHECK(
      told(
          R"(2026-11-24 15:10:30.816+0000: 5: info : f:1 : QEMU_MONITOR_RECV_EVENT: mon=0x1 event={"timestamp": {"seconds": 1, "microseconds": 2}, "event": "MIGRATION_PASS", "data": {"pass": 2}})") ==
      std::pair(Kind::event, std::string("MIGRATION_PASS 2")));
}

TEST_CASE("a refusal is QEMU's own words") {
  CHECK(
      told(
          R"(2026-11-24 15:05:32.612+0000: 23: info : f:212 : QEMU_MONITOR_RECV_REPLY: mon=0x1 reply={"id": "libvirt-10", "error": {"class": "GenericError", "desc": "Migration is not finalized yet"}})") ==
      std::pair(Kind::refusal, std::string("Migration is not finalized yet")));
}

TEST_CASE("libvirt's own warnings about a migration count, others do not") {
  CHECK(
      told("2026-11-24 15:11:39.412+0000: 37: warning : qemuMigrationSrcPostcopyFailed:1845 : Migration of "
           "domain demo "
           "failed during post-copy; leaving the domain paused") ==
      std::pair(Kind::warning,
                std::string("Migration of domain demo failed during post-copy; leaving the domain paused")));
  CHECK_FALSE(
      told("2026-11-24 15:05:36.230+0000: 6: warning : qemuDomainObjTaintMsg:5480 : Domain id=1 is tainted"));
  CHECK_FALSE(
      told("2026-11-24 15:09:46.240+0000: 6: error : virHostCPUGetCPUID:1467 : Unable to open /dev/kvm"));
}

TEST_CASE("queries, good replies and broken lines tell nothing") {
  CHECK_FALSE(told(
      R"(2026-11-24 15:10:30.816+0000: 5: info : f:1 : QEMU_MONITOR_SEND_MSG: mon=0x1 msg={"execute":"query-migrate","id":"x"})"));
  CHECK_FALSE(told(
      R"(2026-11-24 15:10:30.816+0000: 5: info : f:1 : QEMU_MONITOR_RECV_REPLY: mon=0x1 reply={"return": [1]})"));
  CHECK_FALSE(told(
      R"(2026-11-24 15:10:30.816+0000: 5: info : f:1 : QEMU_MONITOR_SEND_MSG: mon=0x1 msg={"execute":"co)"));
  CHECK_FALSE(told(R"(no time: QEMU_MONITOR_SEND_MSG: mon=0x1 msg={"execute":"cont"})"));
  CHECK_FALSE(told(""));
}

TEST_CASE("the order of RESUME and the answer tells what became of cont") {
  const MonitorLine cont{1, Kind::command, "cont", "7"};
  const MonitorLine answered{2, Kind::reply, "done", "7"};
  const MonitorLine another{2, Kind::reply, "done", "6"};
  const MonitorLine refused{2, Kind::refusal, "Failed to get \"write\" lock", "7"};
  const MonitorLine resume{2, Kind::event, "RESUME", ""};
  CHECK(fate_of_cont({}) == Cont::never);
  CHECK(fate_of_cont({resume, answered}) == Cont::never);
  CHECK(fate_of_cont({cont, another, resume, answered}) == Cont::in_time);
  CHECK(fate_of_cont({cont, answered, resume}) == Cont::too_early);
  CHECK(fate_of_cont({cont, answered}) == Cont::too_early);
  CHECK(fate_of_cont({cont, refused}) == Cont::refused);
  CHECK(to_string(Cont::in_time) == "in time");
}

TEST_CASE("a line that is still being written waits for its rest") {
  const TempDir dir;
  const auto path = dir.path() / "log";
  CommandLog log(path);
  const std::string line = cont_11_3;
  std::ofstream out(path);
  out << line.substr(0, 90) << std::flush;
  CHECK(log.read_new().empty());
  out << line.substr(90) << "\n" << std::flush;
  CHECK(log.read_new().size() == 1);
  CHECK(log.read_new().empty());
}

TEST_CASE("a refusal counts when its command did, on the same monitor") {
  const TempDir dir;
  const auto path = dir.path() / "log";
  const auto line = [](const char* rest) {
    return std::string("2026-11-24 15:10:30.816+0000: 5: info : f:1 : ") + rest + "\n";
  };
  std::ofstream(path)
      << line(R"(QEMU_MONITOR_SEND_MSG: mon=0x1 msg={"execute":"device-list-properties","id":"libvirt-7"})")
      << line(
             R"(QEMU_MONITOR_RECV_REPLY: mon=0x1 reply={"id":"libvirt-7","error":{"desc":"no such device"}})")
      << line(R"(QEMU_MONITOR_SEND_MSG: mon=0x2 msg={"execute":"cont","id":"libvirt-7"})")
      << line(
             R"(QEMU_MONITOR_RECV_REPLY: mon=0x1 reply={"id":"libvirt-7","error":{"desc":"another monitor"}})")
      << line(R"(QEMU_MONITOR_RECV_REPLY: mon=0x2 reply={"id":"libvirt-7","error":{"desc":"locked"}})");
  CommandLog log(path);
  const auto lines = log.read_new();
  REQUIRE(lines.size() == 2);
  CHECK(lines[0].text == "cont");
  CHECK(lines[1].text == "locked");
}
