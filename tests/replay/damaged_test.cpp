// SPDX-License-Identifier: GPL-2.0-or-later
// Damaged captures, made from the samples: what is missing must be told to the byte, and what is told must be
// what the whole capture tells, or less.
#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <filesystem>
#include <random>

#include "replay/analyse_file.hpp"
#include "replay/analyses/faults.hpp"
#include "replay/analyses/summary_json.hpp"
#include "replay/frames.hpp"

namespace json = boost::json;
using namespace mig;
using namespace mig::replay;
using namespace mig::test;

namespace {

const char* const samples[] = {
    "01-precopy-11.1-11.1.pcap.zst",
    "03-postcopy-11.1-11.1.pcap.zst",
    "07-postcopy-preempt-11.1-11.1.pcap.zst",
    "08-multifd2-none-11.1-11.1.pcap.zst",
    "11a-postcopy-pause-recover-11.1-11.1.pcap.zst",
    "12-postcopy-devfail-11.1-11.1.srcleg.pcap.zst",
};

std::string temporary() {
  static const std::string path = "/tmp/migwire-damaged-" + std::to_string(getpid()) + ".pcap";
  return path;
}

std::uint64_t number(const json::object& o, std::string_view key) {
  return o.at(key).to_number<std::uint64_t>();
}

/// Every byte that the capture has is counted for something, and a PONG that may be among lost bytes is not
/// called missing.
void nothing_left_out(const json::object& m) {
  std::uint64_t spent = number(m, "unfinished_bytes"), carried = 0;
  for (const auto& [kind, n] : m.at("bytes_by_kind").as_object()) spent += n.to_number<std::uint64_t>();
  bool lost = false;
  for (const auto& c : m.at("channels").as_array()) {
    carried += number(c.as_object(), "bytes_forward") + number(c.as_object(), "bytes_back");
    lost = lost || c.as_object().contains("missing_back");
  }
  CHECK(spent == carried);
  for (const auto& oddity : m.at("oddities").as_array())
    CHECK((!lost || oddity.at("kind") != "ping-without-pong"));
}

/// What `summary --json` says of these frames.
json::array summary_of(const Frames& frames) {
  write_pcap(temporary(), frames);
  SummaryCollector summary;
  Analysis analysis({&summary});
  std::string warning;
  static_cast<void>(analyse_file(temporary(), analysis, warning));
  std::filesystem::remove(temporary());
  CHECK(warning.empty());
  const auto migrations = to_json(summary).at("migrations").as_array();
  for (const auto& m : migrations) nothing_left_out(m.as_object());
  return migrations;
}

json::object only(const json::array& migrations) {
  REQUIRE(migrations.size() == 1);
  return migrations.at(0).as_object();
}

std::uint64_t sum(const std::map<std::pair<Endpoint, Endpoint>, std::uint64_t>& bytes) {
  std::uint64_t total = 0;
  for (const auto& [way, n] : bytes) total += n;
  return total;
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

void no_more(const json::object& told, const json::object& truth) {
  for (const auto& [key, value] : told) {
    CAPTURE(std::string(key));
    REQUIRE(truth.contains(key));
    CHECK(value.to_number<std::uint64_t>() <= number(truth, key));
  }
}

std::map<std::string, std::uint64_t> postcopy_records(const json::object& m) {
  std::map<std::string, std::uint64_t> out;
  for (const auto& r : m.at("ram_postcopy_records").as_array())
    out[std::to_string(r.at("channel").as_int64()) + std::string(r.at("record").as_string())] =
        r.at("count").to_number<std::uint64_t>();
  return out;
}

/// Nothing is told that the whole capture does not tell. Sections named while their START was not seen have
/// no idstr, and a PACKAGED whose package was not seen is one.
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
  const auto machine = told.at("machine").as_string();
  CHECK((machine.empty() || machine == truth.at("machine").as_string()));
}

/// Everything but times and what follows from addresses.
json::object without_times(json::object m) {
  for (auto& c : m.at("channels").as_array()) {
    for (const char* key : {"start", "end", "src", "dst", "connection"}) c.as_object().erase(key);
  }
  for (auto& p : m.at("phases").as_array()) p.as_object().erase("start"), p.as_object().erase("end");
  for (const char* key : {"time", "packet", "connection"}) m.at("verdict").as_object().erase(key);
  for (auto& o : m.at("oddities").as_array()) {
    for (const char* key : {"time", "packet", "connection"}) o.as_object().erase(key);
  }
  m.erase("migration");
  return m;
}

}  // namespace

TEST_CASE("1 % of the packets lost: what is missing is exact, the rest is true") {
  for (const auto* name : samples) {
    const auto whole = frames_of(name);
    const auto truth = only(summary_of(whole));
    for (unsigned seed = 1; seed <= 5; ++seed) {
      CAPTURE(std::string(name));
      CAPTURE(seed);
      std::mt19937 random(seed);
      Frames rest;
      std::size_t lost = 0;
      for (const auto& frame : whole) {
        const auto s = segment_of(frame);
        const bool data = s && !s->payload.empty();
        // At least one, somewhere in the middle.
        const bool drop = data && (random() % 100 == 0 || (lost == 0 && rest.size() > whole.size() / 2));
        if (!drop) rest.push_back(frame);
        lost += drop ? 1 : 0;
      }
      REQUIRE(lost > 0);
      const auto told = only(summary_of(rest));
      CHECK(number(told, "missing_bytes") == sum(carried(whole)) - sum(carried(rest)));
      never_more_than(truth, told);
      // And not much less, either: most of what is there is read.
      CHECK(number(told, "unparsed_bytes") * 3 < sum(carried(rest)));
      const auto runner = told.at("verdict").at("runner");
      CAPTURE(json::serialize(told.at("verdict")));
      CHECK((runner == truth.at("verdict").at("runner") || runner == "unknown"));
      const auto& main = told.at("channels").at(0).as_object();
      const bool main_lost = main.contains("missing_forward") || main.contains("missing_back");
      if (main_lost) CHECK(told.at("verdict").at("certain") == false);
    }
  }
}

TEST_CASE("where PONG 0x42 is lost, it is not known how long postcopy-device lasted") {
  const auto whole = frames_of("03-postcopy-11.1-11.1.pcap.zst");
  Frames rest;
  const std::string pong("\0\2\0\4\0\0\0\x42", 8);
  for (const auto& frame : whole) {
    const auto s = segment_of(frame);
    const bool lost = s && s->source.port == 4444 && as_text(s->payload).find(pong) != std::string_view::npos;
    if (!lost) rest.push_back(frame);
  }
  REQUIRE(rest.size() + 1 == whole.size());
  const auto told = only(summary_of(rest));
  std::string phases;
  for (const auto& p : told.at("phases").as_array()) phases += std::string(p.at("name").as_string()) + " ";
  CHECK(phases == "setup precopy switchover package postcopy-device unknown completed ");
  CHECK(told.at("verdict").at("certain") == false);
  CHECK(told.at("verdict").at("runner") == "destination");  // by SHUT
}

TEST_CASE("a snaplen of 256: missing to the byte") {
  for (const auto* name : samples) {
    CAPTURE(std::string(name));
    const auto whole = frames_of(name);
    auto cut = whole;
    for (auto& frame : cut) frame.bytes.resize(std::min<std::size_t>(frame.bytes.size(), 256));
    const auto told = only(summary_of(cut));
    CHECK(number(told, "missing_bytes") == sum(carried(whole)) - sum(carried(cut)));
    never_more_than(only(summary_of(whole)), told);
    CHECK(told.at("pongs") == only(summary_of(whole)).at("pongs"));  // they are short
  }
}

TEST_CASE("the front cut off: nothing is invented about it") {
  for (const auto* name : samples) {
    const auto whole = frames_of(name);
    const auto truth = only(summary_of(whole));
    for (const std::size_t percent : {5U, 20U, 50U, 80U}) {
      CAPTURE(std::string(name));
      CAPTURE(percent);
      const Frames rest(whole.begin() + static_cast<std::ptrdiff_t>(whole.size() * percent / 100),
                        whole.end());
      const auto migrations = summary_of(rest);
      if (migrations.empty()) continue;  // no place was found: that is honest
      const auto told = only(migrations);
      const auto& all = truth.at("channels").as_array();
      for (const auto& channel : told.at("channels").as_array()) {
        const auto known = std::any_of(all.begin(), all.end(), [&](const auto& c) {
          return c.at("dst") == channel.at("dst") && c.at("src") == channel.at("src");
        });
        CHECK(known);  // which end is the source was found from the bytes
      }
      never_more_than(truth, told);
      const auto runner = told.at("verdict").at("runner");
      CAPTURE(json::serialize(told.at("verdict")));
      CHECK((runner == truth.at("verdict").at("runner") || runner == "unknown"));
    }
  }
}

TEST_CASE("reordered packets and repeated ones tell the same") {
  for (const auto* name : samples) {
    CAPTURE(std::string(name));
    const auto whole = frames_of(name);
    auto mixed = whole;
    std::mt19937 random(5);
    for (std::size_t i = 8; i + 4 < mixed.size(); ++i) {
      if (random() % 5 == 0) std::swap(mixed[i].bytes, mixed[i + random() % 4].bytes);
      if (random() % 20 == 0) mixed.insert(mixed.begin() + static_cast<std::ptrdiff_t>(i), mixed[i]);
    }
    for (auto& frame : mixed) frame.size_on_wire = static_cast<std::uint32_t>(frame.bytes.size());
    CHECK(without_times(only(summary_of(mixed))) == without_times(only(summary_of(whole))));
  }
}

TEST_CASE("sequence numbers that wrap tell the same") {
  for (const auto* name : samples) {
    CAPTURE(std::string(name));
    const auto whole = frames_of(name);
    const auto first = segment_of(whole.front());
    REQUIRE(first);
    for (const std::uint32_t before : {0U, 1U, 100000U, 2000000U}) {
      auto wrapped = whole;
      for (auto& frame : wrapped) shift(frame, 0U - first->sequence - before);
      CHECK(without_times(only(summary_of(wrapped))) == without_times(only(summary_of(whole))));
    }
  }
}

TEST_CASE("two migrations at once are kept apart, and told as each alone") {
  const std::pair<const char*, const char*> pairs[] = {
      {"03-postcopy-11.1-11.1.pcap.zst", "07-postcopy-preempt-11.1-11.1.pcap.zst"},
      {"08-multifd2-none-11.1-11.1.pcap.zst", "08-multifd2-none-11.1-11.1.pcap.zst"},
      {"07-postcopy-preempt-11.1-11.1.pcap.zst", "07-postcopy-preempt-11.1-11.1.pcap.zst"}};
  for (const auto& [one, other] : pairs) {
    CAPTURE(std::string(one));
    CAPTURE(std::string(other));
    const auto a = frames_of(one);
    auto b = frames_of(other);
    const auto distance = a.front().time - b.front().time + std::chrono::microseconds(150);
    for (auto& frame : b) {
      shift(frame, 77, 4455);
      frame.time += distance;
    }
    Frames both = a;
    both.insert(both.end(), b.begin(), b.end());
    std::stable_sort(both.begin(), both.end(), [](const auto& x, const auto& y) { return x.time < y.time; });
    const auto told = summary_of(both);
    REQUIRE(told.size() == 2);
    CHECK(without_times(told.at(0).as_object()) == without_times(only(summary_of(a))));
    CHECK(without_times(told.at(1).as_object()) == without_times(only(summary_of(b))));
  }
}

TEST_CASE("requests and pages on either side of a gap are paired by their times") {
  // With every answer to the requests there, losing packets of the main channel's pages must change no
  // latency.
  const auto whole = frames_of("07-postcopy-preempt-11.1-11.1.pcap.zst");
  const auto faults = [](const Frames& frames) {
    write_pcap(temporary(), frames);
    FaultCollector collector;
    Analysis analysis({&collector});
    std::string warning;
    static_cast<void>(analyse_file(temporary(), analysis, warning));
    std::filesystem::remove(temporary());
    REQUIRE(collector.migrations().size() == 1);
    const auto& all = collector.migrations().front()->all;
    return std::array<std::uint64_t, 4>{all.requests, all.answered, all.already_sent,
                                        static_cast<std::uint64_t>(all.last_byte.percentile(0.5).count())};
  };
  const auto truth = faults(whole);
  CHECK(truth[0] == 864);
  CHECK(truth[2] == 0);
  Frames rest;
  std::uint64_t lost = 0, requests = 0;
  for (const auto& frame : whole) {
    const auto s = segment_of(frame);
    const bool request = s && s->source.port == 4444 && s->payload.size() == 16;
    if (request && ++requests % 40 == 0) {
      ++lost;
    } else {
      rest.push_back(frame);
    }
  }
  REQUIRE(lost > 10);
  const auto told = faults(rest);
  CHECK(told[0] <= 864 - lost);
  CHECK(told[0] >= 864 - 4 * lost);
  CHECK(told[1] == told[0]);
  CHECK(told[2] == 0);
  CHECK(told[3] == truth[3]);
}
