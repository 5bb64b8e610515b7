// SPDX-License-Identifier: GPL-2.0-or-later
// What QEMU's features leave on the wire, where no sample has them. (Those of the samples: tests/truth.)
#include "replay/analyses/negotiated.hpp"

#include <doctest/doctest.h>

#include <boost/json.hpp>

#include "mig/history/qemu_names.hpp"
#include "replay/analyses/summary_json.hpp"
#include "replay/played.hpp"

using namespace mig;
using namespace mig::replay;
using namespace mig::test;
using S = StreamBuilder;
using R = ReturnPathBuilder;

namespace {

constexpr std::uint64_t xbzrle_flag = 0x40, compressed_flag = 0x100, continues = 0x20;

boost::json::object negotiated(const SummaryCollector& summary) {
  return negotiated_json(*summary.migrations().at(0));
}

/// One migration that sends these units behind its set-up.
boost::json::object of(const S& stream) {
  SummaryCollector summary;
  Played play(summary.consumers());
  play.at(0).connect(0).source(small_guest()).source(stream);
  play.end();
  return negotiated(summary);
}

/// A first page, and one of another encoding: its record, `packed` bytes in front of its length.
S second_page(std::uint64_t flag, bool xbzrle) {
  auto out = S().section_part(1).page("pc.ram", 0).be64(page_at(1) | flag | continues);
  if (xbzrle) out.u8(1).be16(7);
  if (!xbzrle) out.be32(7);
  return out.fill(7, 1).eos().footer(1);
}

}  // namespace

TEST_CASE("xbzrle and page compression show in their records, and compressed pages are counted as such") {
  CHECK(of(second_page(xbzrle_flag, true)).at("xbzrle") == true);
  CHECK(of(second_page(xbzrle_flag, true)).at("compress") == false);
  CHECK(of(second_page(compressed_flag, false)).at("compress") == true);

  SummaryCollector summary;
  Played play(summary.consumers());
  play.at(0).connect(0).source(small_guest()).source(second_page(compressed_flag, false));
  play.end();
  const auto records = to_json(summary).at("migrations").at(0).at("ram_precopy_records").as_object();
  CHECK(records.at("COMPRESS_PAGE") == 1);
  CHECK(records.at("PAGE") == 1);
}

TEST_CASE("COLO, capabilities that must agree, dirty bitmaps and switchover-ack") {
  CHECK(of(S().command(8)).at("x_colo") == true);
  CHECK(of(S().section_start(9, "dirty-bitmap")).at("dirty_bitmaps") == true);
  SummaryCollector summary;
  Played play(summary.consumers());
  play.at(0).connect(0).source(
      S().file_header().configuration().capabilities({"x-ignore-shared"}).open_return_path());
  play.at(1).destination(R().switchover_ack());
  play.end();
  CHECK(negotiated(summary).at("switchover_ack") == true);
  CHECK(negotiated(summary).at("configuration_capabilities") == boost::json::array{"x-ignore-shared"});
  CHECK(negotiated(summary).at("postcopy_ram") == false);
}

TEST_CASE("multifd says its compression by name") {
  struct Method {
    std::uint32_t flags;
    const char* name;
  };
  for (const auto& [flags, name] : {Method{0x01, "none"},
                                    {0x02, "zlib"},
                                    {0x04, "zstd"},
                                    {0x05, "zstd"},
                                    {0x08, "qpl"},
                                    {0x10, "uadk"},
                                    {0x20, "qatzip"}}) {
    CHECK(multifd_compression(flags) == name);
  }
}

TEST_CASE("what a gap may hide is not denied, and what was seen beside it is not doubted") {
  SummaryCollector summary;
  Played play(summary.consumers());
  play.at(0).connect(0).source(small_guest());
  play.at(1).lost(100);
  play.at(2).source(S().section_part(1).page("pc.ram", 0).eos().footer(1));
  play.end();
  CHECK(negotiated(summary).at("x_colo").is_null());
  CHECK(negotiated(summary).at("postcopy_ram") == true);
}

TEST_CASE("the largest device is the one with the most bytes") {
  const auto out = of(S().device(5, "timer", 10).device(6, "vmmouse", 4000).device(7, "apic", 300));
  CHECK(out.at("device_sections") == 3);
  CHECK(out.at("largest_device").at("idstr") == "vmmouse");
  CHECK(out.at("largest_device").at("bytes") == S().device(6, "vmmouse", 4000).size());
}

TEST_CASE("each bitmap of two recoveries counts") {
  SummaryCollector summary;
  Played play(summary.consumers());
  const auto bitmap = R().recv_bitmap("pc.ram", 8);
  play.at(0).connect(0).source(small_guest()).destination(R().pong(1));
  play.at(10).source(S().switchover_start().package(postcopy_package()));
  play.at(20).destination(R().pong(3).pong(0x42));
  for (const std::uint32_t id : {1U, 2U}) {
    play.at(30 * id).breaks(id - 1);
    play.at(30 * id + 1).connect(id).source(S().recv_bitmap_request("pc.ram"), id).destination(bitmap, id);
  }
  play.end();
  const auto seen = to_json(summary).at("migrations").at(0).at("recv_bitmap").as_object();
  CHECK(seen == boost::json::object{{"block 'pc.ram' size 0x16", 2}});
}

TEST_CASE("the hash of precopy stands when only postcopy was cut") {
  const auto hashes = [](double lost_at) {
    SummaryCollector summary;
    Played play(summary.consumers());
    play.at(0).connect(0).source(small_guest()).destination(R().pong(1));
    if (lost_at < 10) play.at(lost_at).lost(50);
    play.at(5).source(S().section_part(1).page("pc.ram", 0).eos().footer(1));
    play.at(10).source(S().switchover_start().package(postcopy_package()));
    play.at(20).destination(R().pong(3).pong(0x42));
    play.at(30).source(S().section_part(1).page("pc.ram", page_at(1)).eos().footer(1));
    if (lost_at > 10) play.at(lost_at).lost(50);
    play.at(50).source(S().section_part(1).page("pc.ram", page_at(2)).eos().footer(1));
    play.end();
    const auto m = to_json(summary).at("migrations").at(0);
    return std::pair(m.at("ram_precopy_sequence_sha256"), m.at("ram_postcopy_sequence_sha256").as_object());
  };
  const auto [precopy, postcopy] = hashes(40);
  CHECK(precopy.is_string());
  CHECK(postcopy.at("0").is_null());
  CHECK(hashes(3).first.is_null());
}
