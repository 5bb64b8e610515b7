// SPDX-License-Identifier: GPL-2.0-or-later
#include <doctest/doctest.h>

#include <boost/json.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "truth/observed_capture.hpp"

namespace json = boost::json;
namespace fs = std::filesystem;
using namespace mig;
using namespace mig::test;

namespace {

json::value load(const fs::path& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return json::parse(text.str());
}

/// The captures of one truth file. With a proxy in between there are two legs.
struct Sample {
  std::string name;
  json::object truth;
  std::vector<std::string> files;
};

std::vector<Sample> samples() {
  std::vector<Sample> out;
  for (const auto& entry : fs::directory_iterator(MIG_SAMPLES)) {
    const auto file = entry.path().filename().string();
    const auto end = file.find(".truth.json");
    if (end == std::string::npos) continue;
    Sample sample{file.substr(0, end), load(entry.path()).as_object(), {}};
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

bool flag(const json::object& o, const char* key) { return o.contains(key) && o.at(key).as_bool(); }
std::string str(const json::value& v) { return std::string(v.as_string()); }

std::vector<std::string> strings(const json::value& list) {
  std::vector<std::string> out;
  for (const auto& v : list.as_array()) out.push_back(str(v));
  return out;
}

std::map<std::string, int> counts(const json::value& object) {
  std::map<std::string, int> out;
  for (const auto& [key, v] : object.as_object()) out[std::string(key)] = static_cast<int>(v.as_int64());
  return out;
}

/// Sections as lines "FULL 6 apic", of the package or of the rest. Two threads of the destination trace them,
/// so only these two orders are the wire's.
std::vector<std::string> traced_sections(const json::object& side, bool in_package) {
  std::vector<std::string> out;
  for (const auto& v : side.at("sections").as_array()) {
    const auto& s = v.as_object();
    const auto type = str(s.at("type"));
    if (!s.contains("section_id") || flag(s, "in_package") != in_package) continue;
    auto line = type + " " + std::to_string(s.at("section_id").as_int64());
    if (s.contains("idstr")) {
      line += " " + str(s.at("idstr")) + " " + std::to_string(s.at("instance_id").as_int64()) + " " +
              std::to_string(s.at("version_id").as_int64());
    }
    out.push_back(line);
  }
  return out;
}

std::vector<std::string> seen_sections(const Observed& seen, bool in_package) {
  std::vector<std::string> out;
  for (const auto& s : seen.sections) {
    if (s.in_package != in_package) continue;
    auto line = s.type + " " + std::to_string(s.id);
    if (s.type == "FULL" || s.type == "START") {
      line += " " + s.idstr + " " + std::to_string(s.instance_id) + " " + std::to_string(s.version_id);
    }
    out.push_back(line);
  }
  return out;
}

/// "ram 1", as the source traces PART, END and FULL in the order written.
std::vector<std::string> source_sections(const json::object& side) {
  std::vector<std::string> out;
  for (const auto& s : side.at("sections").as_array()) {
    out.push_back(str(s.at(0)) + " " + std::to_string(s.at(1).as_int64()));
  }
  return out;
}
std::vector<std::string> seen_source_sections(const Observed& seen) {
  std::vector<std::string> out;
  for (const auto& s : seen.sections) {
    if (s.type != "START") out.push_back(s.idstr + " " + std::to_string(s.id));
  }
  return out;
}

std::vector<std::string> traced_commands(const json::object& side, bool in_package) {
  std::vector<std::string> out;
  for (const auto& v : side.at("commands").as_array()) {
    const auto& c = v.as_object();
    if (flag(c, "in_package") != in_package) continue;
    auto line = str(c.at("command")) + " " + std::to_string(c.at("length").as_int64());
    if (c.contains("value") && c.at("value").is_string()) line += " " + str(c.at("value"));
    out.push_back(line);
  }
  return out;
}

std::vector<std::string> seen_commands(const Observed& seen, bool in_package) {
  std::vector<std::string> out;
  for (const auto& c : seen.commands) {
    if (c.in_package == in_package) out.push_back(c.text);
  }
  return out;
}

/// A destination that failed stopped reading early: what it traced is then the beginning of what was sent.
void same_or_prefix(const std::vector<std::string>& traced, std::vector<std::string> seen, bool prefix) {
  if (prefix && seen.size() > traced.size()) seen.resize(traced.size());
  CHECK(traced == seen);
}

void compare_destination(const Observed& seen, const json::object& d, bool failed) {
  same_or_prefix(traced_sections(d, false), seen_sections(seen, false), failed);
  same_or_prefix(traced_sections(d, true), seen_sections(seen, true), failed);
  same_or_prefix(traced_commands(d, false), seen_commands(seen, false), failed);
  same_or_prefix(traced_commands(d, true), seen_commands(seen, true), failed);
  CHECK(counts(d.at("rp_messages_sent")) == seen.rp_messages);
  CHECK(counts(d.at("discard_commands_by_block")) == seen.discard_blocks);
  CHECK(counts(d.at("recv_bitmap")) == seen.bitmaps);
  std::vector<std::uint64_t> lengths;
  for (const auto& v : d.at("package_lengths").as_array())
    lengths.push_back(static_cast<std::uint64_t>(v.as_int64()));
  CHECK(lengths == seen.package_lengths);
}

void compare_ram(const Observed& seen, const json::object& d) {
  CHECK(counts(d.at("ram_precopy_records")) == seen.precopy_records);
  if (d.at("ram_precopy_sequence_sha256").is_string() && !seen.precopy_sequence.empty()) {
    CHECK(str(d.at("ram_precopy_sequence_sha256")) == sha256(seen.precopy_sequence));
  }
  std::map<std::string, std::map<std::string, int>> records;
  for (const auto& v : d.at("ram_postcopy_records").as_array()) {
    records[std::to_string(v.at("channel").as_int64())][str(v.at("record"))] =
        static_cast<int>(v.at("count").as_int64());
  }
  CHECK(records == seen.postcopy_records);
  if (!d.at("ram_postcopy_sequence_sha256").is_object()) return;
  for (const auto& [channel, sum] : d.at("ram_postcopy_sequence_sha256").as_object()) {
    CHECK(str(sum) == sha256(seen.postcopy_sequence.at(std::string(channel))));
  }
}

void compare_multifd(const Observed& seen, const json::object& d) {
  const auto& traced = d.at("multifd").as_object();
  CHECK(counts(traced.at("packets_by_channel")) == seen.multifd_by_channel);
  CHECK(counts(traced.at("packets_by_flags")) == seen.multifd_by_flags);
}

void compare_source(const Observed& seen, const json::object& s, bool broken) {
  CHECK(strings(s.at("pings_sent")) == seen.pings);
  CHECK(counts(s.at("req_pages_by_block")) == seen.request_blocks);
  auto sections = seen_source_sections(seen);
  auto traced = source_sections(s);
  // Where the connection broke, sections that the source traced were still in its buffer.
  if (broken && traced.size() > sections.size()) traced.resize(sections.size());
  CHECK(traced == sections);
}

void compare_blocks(const Observed& seen, const json::object& truth) {
  for (const auto& b : truth.at("ram_blocks").at("src").as_array()) {
    const auto name = str(b.at("idstr"));
    if (!seen.blocks.contains(name)) continue;  // blocks that do not migrate
    CHECK(static_cast<std::uint64_t>(b.at("used_length").as_int64()) == seen.blocks.at(name));
  }
  CHECK(seen.blocks.contains("pc.ram"));
}

void everything_is_covered(const Observed& seen, std::size_t held) {
  for (const auto& channel : seen.channels) {
    for (int i = 0; i < 2; ++i) {
      CHECK(channel.covered[i] == channel.bytes[i]);
      CHECK(channel.unparsed[i] == 0);
    }
  }
  CHECK(seen.most_held <= held);
}

}  // namespace

TEST_CASE("every capture agrees with QEMU's own traces, byte by byte covered") {
  const auto all = samples();
  REQUIRE(all.size() >= 11);
  for (const auto& sample : all) {
    REQUIRE_MESSAGE(!sample.files.empty(), sample.name);
    const auto& destination = sample.truth.at("destination").as_object();
    const auto& source = sample.truth.at("source").as_object();
    const bool failed = sample.name.find("devfail") != std::string::npos;
    const bool broken = failed || sample.name.find("recover") != std::string::npos;
    for (const auto& file : sample.files) {
      CAPTURE(file);
      const bool source_leg = file.find(".srcleg.") != std::string::npos;
      const bool destination_leg = file.find(".dstleg.") != std::string::npos;
      const auto seen = observe(file);
      CHECK(seen.migrations == 1);
      everything_is_covered(seen, 320);
      compare_blocks(seen, sample.truth);
      if (!source_leg) {
        compare_destination(seen, destination, failed);
        compare_multifd(seen, destination);
        if (!failed) compare_ram(seen, destination);  // what was in flight when it failed was never loaded
      }
      if (!destination_leg) {
        compare_source(seen, source, broken);
        if (seen.channels.front().bytes[1] != 0) CHECK(strings(source.at("pongs_received")) == seen.pongs);
      }
    }
  }
}

TEST_CASE("chunking is invisible on real captures") {
  for (const char* name :
       {"07-postcopy-preempt-11.1-11.1.pcap.zst", "08-multifd2-none-11.1-11.1.pcap.zst",
        "11a-postcopy-pause-recover-11.1-11.1.pcap.zst", "18b-mapped-ram-file-11.1-11.1.migstream.zst"}) {
    CAPTURE(name);
    const auto file = std::string(MIG_SAMPLES "/") + name;
    const auto whole = observe(file);
    for (const std::size_t chunk : {1U, 7U, 1448U}) {
      const auto cut = observe(file, chunk);
      everything_is_covered(cut, 320);
      CHECK(seen_sections(cut, true) == seen_sections(whole, true));
      CHECK(seen_commands(cut, false) == seen_commands(whole, false));
      CHECK(cut.postcopy_sequence == whole.postcopy_sequence);
      CHECK(cut.precopy_sequence == whole.precopy_sequence);
      CHECK(cut.multifd_by_channel == whole.multifd_by_channel);
    }
  }
}

TEST_CASE("the phase at the end of a capture is what QEMU ended in") {
  const auto phase = [](const char* name) { return observe(std::string(MIG_SAMPLES "/") + name).phase; };
  CHECK(phase("01-precopy-11.1-11.1.pcap.zst") == Phase::completed);
  CHECK(phase("03-postcopy-11.1-11.1.pcap.zst") == Phase::completed);
  CHECK(phase("07-postcopy-preempt-11.1-11.1.pcap.zst") == Phase::completed);
  CHECK(phase("11b-postcopy-cut-recover-11.1-11.1.srcleg.pcap.zst") == Phase::completed);
  CHECK(phase("12-postcopy-devfail-11.1-11.1.srcleg.pcap.zst") == Phase::failed);
  // Without PONG 0x42 the source stayed in postcopy-device until it was told to quit.
  const auto stalled = observe(MIG_SAMPLES "/13-postcopy-nopong42-11.1-11.1.srcleg.pcap.zst");
  CHECK((stalled.phase == Phase::postcopy_device || stalled.phase == Phase::failed));
  CHECK(stalled.source_can_go_back);
  CHECK(stalled.destination_may_run);
}
