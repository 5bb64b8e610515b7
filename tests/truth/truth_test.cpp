// SPDX-License-Identifier: GPL-2.0-or-later
// What the parser finds in real captures, compared key by key with what QEMU's own traces said.
#include <doctest/doctest.h>

#include <algorithm>
#include <boost/json.hpp>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "truth/observe.hpp"

namespace json = boost::json;
namespace fs = std::filesystem;
using mig::test::observe;
using mig::test::sample;

namespace {

using Lines = std::vector<std::string>;

json::object load(const fs::path& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return json::parse(text.str()).as_object();
}

/// The captures of one truth file. With a relay in between there are two legs.
struct Sample {
  std::string name;
  json::object truth;
  Lines files;
};

std::vector<Sample> samples() {
  std::vector<Sample> out;
  for (const auto& entry : fs::directory_iterator(MIG_SAMPLES)) {
    const auto file = entry.path().filename().string();
    const auto end = file.find(".truth.json");
    if (end == std::string::npos) continue;
    Sample sample{file.substr(0, end), load(entry.path()), {}};
    for (const auto& other : fs::directory_iterator(MIG_SAMPLES)) {
      const auto path = other.path().string();
      const bool stream = path.ends_with(".pcap.zst") || path.ends_with(".migstream.zst");
      if (stream && other.path().filename().string().starts_with(sample.name + "."))
        sample.files.push_back(path);
    }
    out.push_back(std::move(sample));
  }
  return out;
}

json::object only_migration(const json::object& summary) {
  REQUIRE(summary.at("migrations").as_array().size() == 1);
  return summary.at("migrations").at(0).as_object();
}

bool flag(const json::object& o, const char* key) { return o.contains(key) && o.at(key).as_bool(); }
std::string str(const json::value& v) { return std::string(v.as_string()); }

/// Key order does not matter in what is compared as a whole.
void same(const json::value& truth, const json::value& seen) {
  CAPTURE(json::serialize(truth));
  CAPTURE(json::serialize(seen));
  CHECK(truth == seen);
}

/// Two threads of a destination trace what they read, so only the order inside the package and that of the
/// rest are the wire's.
Lines traced_sections(const json::object& side, bool in_package) {
  Lines out;
  for (const auto& v : side.at("sections").as_array()) {
    const auto& s = v.as_object();
    if (!s.contains("section_id") || flag(s, "in_package") != in_package) continue;
    const auto name = s.contains("idstr") ? str(s.at("idstr")) : std::string("-");
    out.push_back(str(s.at("type")) + " " + std::to_string(s.at("section_id").as_int64()) + " " + name);
  }
  return out;
}

Lines seen_sections(const json::object& m, bool in_package) {
  Lines out;
  for (const auto& s : m.at("sections").as_array()) {
    if (s.at("in_package").as_bool() != in_package) continue;
    out.push_back(str(s.at("type")) + " " + std::to_string(s.at("section_id").to_number<int>()) + " " +
                  (s.at("idstr").is_null() ? "-" : str(s.at("idstr"))));
  }
  return out;
}

/// "6 apic", PART, END and FULL as the source traces them in the order written.
Lines source_sections(const json::object& source) {
  Lines out;
  for (const auto& s : source.at("sections").as_array()) out.push_back(std::to_string(s.at(1).as_int64()));
  return out;
}
Lines seen_source_sections(const json::object& m) {
  Lines out;
  for (const auto& s : m.at("sections").as_array()) {
    if (s.at("type") != "START") out.push_back(std::to_string(s.at("section_id").to_number<int>()));
  }
  return out;
}

Lines commands(const json::object& side, bool in_package) {
  Lines out;
  for (const auto& v : side.at("commands").as_array()) {
    const auto& c = v.as_object();
    if (flag(c, "in_package") != in_package) continue;
    auto line = str(c.at("command")) + " " + std::to_string(c.at("length").to_number<int>());
    if (c.contains("value") && c.at("value").is_string()) line += " " + str(c.at("value"));
    out.push_back(line);
  }
  return out;
}

/// A destination that failed stopped reading early: what it traced is then the beginning of what was sent.
void same_or_beginning(const Lines& traced, Lines seen, bool failed) {
  if (failed && seen.size() > traced.size()) seen.resize(traced.size());
  CHECK(traced == seen);
}

void compare_destination(const json::object& m, const json::object& d, bool failed) {
  for (const bool in_package : {false, true}) {
    same_or_beginning(traced_sections(d, in_package), seen_sections(m, in_package), failed);
    same_or_beginning(commands(d, in_package), commands(m, in_package), failed);
  }
  same(d.at("rp_messages_sent"), m.at("rp_messages"));
  same(d.at("discard_commands_by_block"), m.at("discard_commands_by_block"));
  same(d.at("recv_bitmap"), m.at("recv_bitmap"));
  same(d.at("package_lengths"), m.at("package_lengths"));
  same(d.at("multifd").at("packets_by_channel"), m.at("multifd_packets").at("packets_by_channel"));
  same(d.at("multifd").at("packets_by_flags"), m.at("multifd_packets").at("packets_by_flags"));
}

void compare_ram(const json::object& m, const json::object& d) {
  same(d.at("ram_precopy_records"), m.at("ram_precopy_records"));
  same(d.at("ram_precopy_sequence_sha256"), m.at("ram_precopy_sequence_sha256"));
  same(d.at("ram_postcopy_records"), m.at("ram_postcopy_records"));
  same(d.at("ram_postcopy_sequence_sha256"), m.at("ram_postcopy_sequence_sha256"));
}

void compare_source(const json::object& m, const json::object& s, bool broken) {
  same(s.at("pings_sent"), m.at("pings"));
  same(s.at("req_pages_by_block"), m.at("req_pages_by_block"));
  if (m.at("channels").at(0).at("bytes_back") != 0) same(s.at("pongs_received"), m.at("pongs"));
  const auto seen = seen_source_sections(m);
  auto traced = source_sections(s);
  // Where the connection broke, sections that the source traced were still in its buffer.
  if (broken && traced.size() > seen.size()) traced.resize(seen.size());
  CHECK(traced == seen);
}

void compare_blocks(const json::object& m, const json::object& truth) {
  std::map<std::string, std::int64_t> traced;
  for (const auto& b : truth.at("ram_blocks").at("src").as_array())
    traced[str(b.at("idstr"))] = b.at("used_length").as_int64();
  CHECK(m.at("ram_blocks").as_array().size() == 6);
  for (const auto& b : m.at("ram_blocks").as_array()) {
    CHECK(traced[str(b.at("idstr"))] == b.at("used_length").to_number<std::int64_t>());
  }
}

std::size_t devices_traced(const json::object& source) {
  std::size_t n = 0;
  for (const auto& s : source.at("sections").as_array()) n += s.at(0) != "ram";
  return n;
}

/// What was set by QMP, against what the packets show; `events` is on in all, and is not on the wire.
void compare_negotiated(const json::object& m, const json::object& truth) {
  const auto& seen = m.at("negotiated").as_object();
  const auto& set = truth.at("capabilities").as_object();
  for (const auto* name : {"postcopy-ram", "postcopy-preempt", "multifd", "xbzrle", "compress", "mapped-ram",
                           "dirty-bitmaps", "background-snapshot", "x-colo", "switchover-ack"}) {
    CAPTURE(name);
    std::string key = name;
    std::replace(key.begin(), key.end(), '-', '_');
    CHECK(seen.at(key) == set.contains(name));
  }
  const auto channels = truth.at("parameters").as_object().if_contains("multifd-channels");
  CHECK(seen.at("multifd_channels") == (channels != nullptr ? channels->as_int64() : 0));
  std::int64_t ram = 0;
  for (const auto& b : truth.at("ram_blocks").at("src").as_array()) ram += b.at("used_length").as_int64();
  CHECK(seen.at("ram_bytes") == ram);
}

/// A limit that was recognised is the one that QMP set. How many were recognised.
int compare_limits(const json::object& m, const json::object& truth) {
  int recognised = 0;
  const auto& set = truth.at("parameters").as_object();
  for (const auto& [stage, speed] : m.at("speed").as_object()) {
    if (!speed.is_object() || speed.at("rate_limit").is_null()) continue;
    const auto& limit = speed.at("rate_limit").as_object();
    CAPTURE(limit);
    const auto bytes_per_s = set.at(limit.at("parameter").as_string()).to_number<double>();
    CHECK(limit.at("at_least_bytes_per_s").to_number<double>() <= bytes_per_s);
    CHECK(limit.at("at_most_bytes_per_s").to_number<double>() >= bytes_per_s);
    ++recognised;
  }
  return recognised;
}

}  // namespace

TEST_CASE("every capture agrees with QEMU's own traces") {
  const auto all = samples();
  REQUIRE(all.size() >= 11);
  int limits = 0;
  for (const auto& one : all) {
    REQUIRE_MESSAGE(!one.files.empty(), one.name);
    const auto& destination = one.truth.at("destination").as_object();
    const auto& source = one.truth.at("source").as_object();
    const bool failed = one.name.find("devfail") != std::string::npos;
    const bool broken = failed || one.name.find("recover") != std::string::npos;
    for (const auto& file : one.files) {
      CAPTURE(file);
      const auto m = only_migration(observe(file));
      CHECK(m.at("unparsed_bytes") == 0);
      CHECK(m.at("machine") == one.truth.at("machine"));
      compare_blocks(m, one.truth);
      compare_negotiated(m, one.truth);
      limits += compare_limits(m, one.truth);
      if (!broken) CHECK(m.at("negotiated").at("device_sections") == devices_traced(source));
      if (file.find(".srcleg.") == std::string::npos) {
        compare_destination(m, destination, failed);
        if (!failed) compare_ram(m, destination);  // what was in flight when it failed was never loaded
      }
      if (file.find(".dstleg.") == std::string::npos) compare_source(m, source, broken);
    }
  }
  CHECK(limits >= 12);  // bandwidth was limited in all, to 1 to 16 MiB/s
}

TEST_CASE("chunking is invisible on real captures") {
  for (const char* name :
       {"07-postcopy-preempt-11.1-11.1.pcap.zst", "08-multifd2-none-11.1-11.1.pcap.zst",
        "11a-postcopy-pause-recover-11.1-11.1.pcap.zst", "18b-mapped-ram-file-11.1-11.1.migstream.zst"}) {
    CAPTURE(name);
    const auto whole = observe(sample(name));
    for (const std::size_t chunk : {1U, 7U, 1448U}) CHECK(observe(sample(name), chunk) == whole);
  }
}

TEST_CASE("the phase at the end of a capture is what QEMU ended in") {
  const auto end = [](const char* name) { return only_migration(observe(sample(name))); };
  CHECK(end("01-precopy-11.1-11.1.pcap.zst").at("phase") == "completed");
  CHECK(end("03-postcopy-11.1-11.1.pcap.zst").at("phase") == "completed");
  CHECK(end("07-postcopy-preempt-11.1-11.1.pcap.zst").at("phase") == "completed");
  CHECK(end("11b-postcopy-cut-recover-11.1-11.1.srcleg.pcap.zst").at("phase") == "completed");
  CHECK(end("12-postcopy-devfail-11.1-11.1.srcleg.pcap.zst").at("phase") == "failed");
  // Without PONG 0x42 the source stayed in postcopy-device until it was told to quit.
  const auto stalled = end("13-postcopy-nopong42-11.1-11.1.srcleg.pcap.zst");
  CHECK((stalled.at("phase") == "postcopy-device" || stalled.at("phase") == "failed"));
  CHECK(stalled.at("source_can_go_back") == true);
  CHECK(stalled.at("destination_may_run") == true);
}
