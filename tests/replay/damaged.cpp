// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/damaged.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "replay/analyse_file.hpp"
#include "replay/analyses/summary_json.hpp"

namespace json = boost::json;
using namespace mig::replay;

namespace mig::test {
namespace {

std::uint64_t bytes_of(const json::array& channels) {
  std::uint64_t sum = 0;
  for (const auto& c : channels)
    sum += number(c.as_object(), "bytes_forward") + number(c.as_object(), "bytes_back");
  return sum;
}

/// Every byte that the capture has is counted for something, and a PONG that may be among lost bytes is not
/// called missing.
void nothing_left_out(const json::object& m) {
  std::uint64_t spent = number(m, "unfinished_bytes");
  for (const auto& [kind, n] : m.at("bytes_by_kind").as_object()) spent += n.to_number<std::uint64_t>();
  bool lost = false;
  for (const auto& c : m.at("channels").as_array()) {
    lost = lost || c.as_object().contains("missing_back");
  }
  CHECK(spent == bytes_of(m.at("channels").as_array()));
  for (const auto& finding : m.at("findings").as_array())
    CHECK((!lost || finding.at("kind") != "ping-without-pong"));
}

bool is_subsequence(const json::array& part, const json::array& whole) {
  auto at = whole.begin();
  for (const auto& one : part) {
    at = std::find(at, whole.end(), one);
    if (at == whole.end()) return false;
    ++at;
  }
  return true;
}

void no_more(const json::object& reported, const json::object& truth) {
  for (const auto& entry : reported) {
    const std::string key(entry.key());
    CAPTURE(key);
    REQUIRE(truth.contains(key));
    CHECK(entry.value().to_number<std::uint64_t>() <= number(truth, key));
  }
}

std::map<std::string, std::uint64_t> postcopy_records(const json::object& m) {
  std::map<std::string, std::uint64_t> out;
  for (const auto& r : m.at("ram_postcopy_records").as_array())
    out[std::to_string(r.at("channel").as_int64()) + std::string(r.at("record").as_string())] =
        r.at("count").to_number<std::uint64_t>();
  return out;
}

}  // namespace

const std::vector<const char*> damaged_samples = {
    "01-precopy-11.1-11.1.pcap.zst",
    "03-postcopy-11.1-11.1.pcap.zst",
    "07-postcopy-preempt-11.1-11.1.pcap.zst",
    "08-multifd2-none-11.1-11.1.pcap.zst",
    "11a-postcopy-pause-recover-11.1-11.1.pcap.zst",
    "12-postcopy-devfail-11.1-11.1.srcleg.pcap.zst",
};

std::string temporary_pcap() {
  static const std::string path = "/tmp/migwire-damaged-" + std::to_string(getpid()) + ".pcap";
  return path;
}

std::uint64_t number(const json::object& o, std::string_view key) {
  return o.at(key).to_number<std::uint64_t>();
}

json::object whole_summary_of(const Frames& frames) {
  write_pcap(temporary_pcap(), frames);
  SummaryCollector summary;
  CaptureDecoder analysis(summary.consumers());
  std::string warning;
  static_cast<void>(analyse_file(temporary_pcap(), analysis, warning));
  std::filesystem::remove(temporary_pcap());
  CHECK(warning.empty());
  auto out = to_json(summary);
  std::uint64_t told = bytes_of(out.at("other_connections").as_array());
  for (const auto& m : out.at("migrations").as_array()) {
    nothing_left_out(m.as_object());
    told += bytes_of(m.at("channels").as_array());
  }
  CHECK(told == sum(carried(frames)));
  return out;
}

json::array summary_of(const Frames& frames) { return whole_summary_of(frames).at("migrations").as_array(); }

json::object only(const json::array& migrations) {
  REQUIRE(migrations.size() == 1);
  return migrations.at(0).as_object();
}

std::uint64_t sum(const std::map<std::pair<Endpoint, Endpoint>, std::uint64_t>& bytes) {
  std::uint64_t total = 0;
  for (const auto& [way, n] : bytes) total += n;
  return total;
}

void never_more_than(const json::object& truth, const json::object& told) {
  for (const char* key : {"pings", "pongs", "package_lengths", "ram_blocks", "commands", "sections"}) {
    CAPTURE(std::string(key));
    CAPTURE(json::serialize(told.at(key)));
    CHECK(is_subsequence(told.at(key).as_array(), truth.at(key).as_array()));
  }
  for (const char* key : {"rp_messages", "discard_commands_by_block", "recv_bitmap", "ram_precopy_records"})
    no_more(told.at(key).as_object(), truth.at(key).as_object());
  auto most = postcopy_records(truth);
  for (const auto& [record, n] : postcopy_records(told)) CHECK(n <= most[record]);
  CHECK(number(told, "vmdescription_bytes") <= number(truth, "vmdescription_bytes"));
  CHECK((told.at("machine").is_null() || told.at("machine") == truth.at("machine")));
}

bool can_be_true(const json::object& told, const json::object& truth) {
  const auto& possible = told.at("verdict").at("possible").as_array();
  const auto& runner = truth.at("verdict").at("possible").at(0);
  return std::find(possible.begin(), possible.end(), runner) != possible.end();
}

json::object without_times(json::object m) {
  for (auto& c : m.at("channels").as_array()) {
    for (const char* key : {"start", "end", "src", "dst", "connection"}) c.as_object().erase(key);
  }
  for (auto& p : m.at("phases").as_array()) p.as_object().erase("start"), p.as_object().erase("end");
  for (auto& e : m.at("verdict").at("evidence").as_array())
    e.as_object().erase("time"), e.as_object().erase("packet");
  for (auto& o : m.at("findings").as_array()) {
    for (const char* key : {"time", "packet", "connection"}) o.as_object().erase(key);
  }
  for (const char* key : {"migration", "guest_away", "first_line", "speed", "why_slow"}) m.erase(key);
  return m;
}

}  // namespace mig::test
