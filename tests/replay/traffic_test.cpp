// SPDX-License-Identifier: GPL-2.0-or-later
#include <doctest/doctest.h>

#include <boost/json.hpp>

#include "replay/analyses/registry.hpp"
#include "replay/played.hpp"

using namespace mig;
using namespace mig::replay;
using namespace mig::test;
using S = StreamBuilder;
using R = ReturnPathBuilder;

namespace {

std::unique_ptr<MigrationAnalysis> analysis_named(std::string_view name) {
  for (const auto* kind : analysis_kinds()) {
    if (kind->name == name) return kind->make();
  }
  FAIL("no such analysis");
  return {};
}

}  // namespace

TEST_CASE("traffic: every byte is in the bin of its time and direction, in text and in JSON") {
  const auto traffic = analysis_named("traffic");
  Migration migration{MigrationId{0}};
  const auto begin = small_guest();
  const S part = S().section_part(1).page("pc.ram", 0).page("", 4096).eos().footer(1);
  const auto pong = R().pong(1);
  Played play({traffic.get()});
  play.at(0).connect(0).source(begin).at(7).destination(pong).at(20).source(part).end();
  const auto out = traffic->json(migration, {});
  CHECK(out.at("bin_seconds").to_number<double>() == doctest::Approx(0.001));
  const auto& to = out.at("forward").as_array();
  const auto& from = out.at("back").as_array();
  REQUIRE(to.size() == 21);
  CHECK(to.at(0) == begin.size());
  CHECK(to.at(20) == part.size());
  CHECK(from.at(7) == pong.size());
  const auto text = traffic->text(migration, {});
  CHECK(std::count(text.begin(), text.end(), '\n') == 2 + 21);
  CHECK(text.find("0.007            0 B          8 B\n") != std::string::npos);
}
