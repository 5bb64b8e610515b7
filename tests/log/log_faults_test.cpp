// SPDX-License-Identifier: GPL-2.0-or-later
// With rules that act: the log tells what reached the receivers, as their bytes do.
#include <doctest/doctest.h>

#include <map>
#include <set>
#include <sstream>

#include "log/through_log.hpp"

using namespace mig::test;
namespace json = boost::json;

namespace {

const std::string postcopy = MIG_SAMPLES "/03-postcopy-11.1-11.1.pcap.zst";
const std::string preempt = MIG_SAMPLES "/07-postcopy-preempt-11.1-11.1.pcap.zst";
const std::string multifd = MIG_SAMPLES "/08-multifd2-none-11.1-11.1.pcap.zst";
const std::string precopy = MIG_SAMPLES "/01-precopy-11.1-11.1.pcap.zst";

struct Case {
  const char* sample;
  std::vector<std::string> rules;
  std::set<std::string> unknown;
};

void check(const Case& c, bool log_pages) {
  CAPTURE(c.rules.front());
  CAPTURE(log_pages);
  const auto run = run_with_log(c.sample, c.rules, log_pages);
  CHECK(run.text.find("\"rule\"") != std::string::npos);  // it did act
  auto unknown = c.unknown;
  unknown.insert({"page_size_described", "page_size_source"});
  if (!log_pages) unknown.insert({"ram_precopy_sequence_sha256", "ram_postcopy_sequence_sha256", "oddities"});
  check_same(run, unknown);
}

}  // namespace

TEST_CASE("dropped, injected, changed, duplicated, held units: as the receiver's bytes say") {
  // Of two sections of one id that follow each other the bytes alone show one, of twice the length.
  const std::vector<Case> cases{
      {postcopy.c_str(), {"drop-pong"}, {}},
      {postcopy.c_str(), {"drop-ping,value=0x42"}, {}},
      {postcopy.c_str(), {"drop-device,name=serial"}, {}},
      {postcopy.c_str(), {"set-pong,value=0x42,field=value,to=0x99"}, {}},
      {postcopy.c_str(), {"set-device,name=serial,field=version_id,to=0x7fff"}, {}},
      {postcopy.c_str(), {"set-device,name=serial,field=idstr,to=longer-name"}, {}},
      {postcopy.c_str(), {"flip-footer,at=1,mask=01"}, {}},
      {postcopy.c_str(), {"duplicate-pong,value=0x42"}, {}},
      {postcopy.c_str(), {"duplicate-shut"}, {}},
      {multifd.c_str(), {"duplicate-multifd-packet,skip=2,times=2"}, {}},
      {postcopy.c_str(), {"inject-ping,value=0x77,on=page,skip=20"}, {}},
      {postcopy.c_str(), {"duplicate-device,name=serial"}, {"sections", "bytes_by_kind"}},
      {postcopy.c_str(), {"duplicate-discard"}, {}},
      {postcopy.c_str(), {"inject-pong,value=0x77,on=page-request"}, {}},
      {postcopy.c_str(), {"hold-pong,value=0x42,until=page-request"}, {}},
      {postcopy.c_str(), {"hold-discard,until=package"}, {}},
      {postcopy.c_str(), {"drop-page,skip=10,times=5"}, {}},
      {postcopy.c_str(), {"duplicate-page,skip=10,times=5"}, {}},
      {postcopy.c_str(), {"drop-page-request,times=1"}, {}},
      {postcopy.c_str(), {"drop-package"}, {}},
      {precopy.c_str(), {"drop-device,name=serial"}, {}},
      {precopy.c_str(), {"drop-vm-description"}, {}},
      // Its line stands at a page of the main channel, which goes on.
      {preempt.c_str(), {"reset-page,channel=preempt"}, {}},
  };
  for (const auto& c : cases)
    for (const bool log_pages : {true, false}) check(c, log_pages);
}

TEST_CASE("what a rule cuts: as many bytes, wherever it cuts") {
  for (const std::string rule :
       {"truncate-package,by=100", "reset-connection,on=pong:0x42", "close-connection,on=listen",
        "reset-package,after=5000", "truncate-page,skip=3,by=100"}) {
    CAPTURE(rule);
    const auto run = run_with_log(postcopy, {rule}, true);
    CHECK(run.warning.empty());
    const auto total = [](const json::object& summary) {
      std::vector<std::uint64_t> out;
      for (const auto& m : summary.at("migrations").as_array()) {
        for (const auto& c : m.as_object().at("channels").as_array()) {
          std::uint64_t n = 0;
          for (const auto* key : {"bytes_forward", "bytes_back", "missing_forward", "missing_back"})
            if (c.as_object().contains(key)) n += c.as_object().at(key).to_number<std::uint64_t>();
          out.push_back(n);
        }
      }
      return out;
    };
    CHECK(json::serialize(json::value_from(total(run.bytes))) ==
          json::serialize(json::value_from(total(run.log))));
    const auto& bytes = run.bytes.at("migrations").as_array().at(0).as_object();
    const auto& log = run.log.at("migrations").as_array().at(0).as_object();
    if (rule.starts_with("reset-package")) {  // its line comes at the cut, behind those of what is in it
      CHECK_FALSE(log.at("verdict").as_object().at("certain").as_bool());
      continue;
    }
    for (const auto* key : {"pings", "pongs", "phase", "package_lengths", "rp_messages"}) {
      CAPTURE(key);
      CHECK(json::serialize(without_times(bytes.at(key))) == json::serialize(without_times(log.at(key))));
    }
  }
}

namespace {

/// Places in the forward stream of the first connection in the middle of what stands behind a header.
std::map<std::string, std::uint64_t> middles(const std::string& log) {
  std::map<std::string, std::uint64_t> out;
  std::istringstream lines(log);
  std::string event;
  std::uint64_t end = 0;
  for (std::string text; std::getline(lines, text);) {
    const auto line = json::parse(text).as_object();
    if (!line.contains("offset") || line.at("direction").as_string() != "forward") continue;
    if (line.at("connection").to_number<int>() != 1) continue;
    const auto offset = line.at("offset").to_number<std::uint64_t>();
    if (offset > end + 2) out.emplace(event, (end + offset) / 2);
    event = std::string(line.at("event").as_string());
    end = offset + line.at("length").to_number<std::uint64_t>();
  }
  return out;
}

}  // namespace

TEST_CASE("a connection that breaks within contents: to the byte what had passed, and the same verdict") {
  for (const auto& sample : {postcopy, precopy, multifd}) {
    const auto places = middles(run_with_log(sample, {}, true).text);
    REQUIRE(places.contains("section"));
    for (const auto& [unit, place] : places) {
      CAPTURE(unit);
      check_same(run_with_log(sample, {}, true, place), {"page_size_described", "page_size_source"});
      check_same(run_with_log(sample, {}, false, place),
                 {"page_size_described", "page_size_source", "ram_precopy_sequence_sha256",
                  "ram_postcopy_sequence_sha256", "oddities"});
    }
  }
}
