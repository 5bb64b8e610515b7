// SPDX-License-Identifier: GPL-2.0-or-later
// Every capture through the engine with a log: the log tells the same as the bytes that left.
#include <doctest/doctest.h>

#include <filesystem>
#include <set>

#include "log/through_log.hpp"

using namespace mig::test;
namespace json = boost::json;

namespace {

std::vector<std::string> captures() {
  std::vector<std::string> out;
  for (const auto& file : std::filesystem::recursive_directory_iterator(MIG_SAMPLES))
    if (file.path().string().find(".pcap") != std::string::npos) out.push_back(file.path().string());
  return out;
}

}  // namespace

TEST_CASE("a log that lists pages tells all but what the VM description says") {
  REQUIRE(captures().size() > 10);
  for (const auto& path : captures()) {
    CAPTURE(path);
    const auto run = run_with_log(path, {}, true);
    check_same(run, {"page_size_described", "page_size_source"});
  }
}

TEST_CASE("a log that counts pages tells how many and how long; not which") {
  for (const auto& path : captures()) {
    CAPTURE(path);
    const auto run = run_with_log(path, {}, false);
    check_same(run, {"page_size_described", "page_size_source", "ram_precopy_sequence_sha256",
                     "ram_postcopy_sequence_sha256", "oddities"});
    for (const auto& m : run.log.at("migrations").as_array()) {
      const auto& log = m.as_object().at("log").as_object();
      CHECK(log.at("complete").as_bool());
      const bool any = m.as_object().at("ram_precopy_records").as_object().contains("PAGE");
      if (any) CHECK(log.at("counted_pages").to_number<std::uint64_t>() != 0);
      if (any) CHECK(m.as_object().at("ram_precopy_sequence_sha256").is_null());
    }
  }
}
