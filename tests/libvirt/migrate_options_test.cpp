// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/libvirt/migrate_options.hpp"

#include <doctest/doctest.h>

using namespace mig::validate;
using namespace mig::validate::libvirt;
using OptionNames = std::vector<std::string>;

TEST_CASE("a plain postcopy is slow enough not to end by itself") {
  CHECK(migrate_options({}) == OptionNames{"--live", "--unsafe", "--postcopy", "--bandwidth", "8"});
}

TEST_CASE("capabilities, parameters and TLS become options, and what the file adds comes last") {
  Scenario scenario;
  scenario.source.capabilities = {"postcopy-ram", "multifd", "postcopy-preempt", "return-path"};
  scenario.source.parameters = {
      {"max-bandwidth", 1}, {"max-postcopy-bandwidth", 4'000'000}, {"multifd-channels", 2}};
  scenario.tls = true;
  scenario.libvirt.migrate = {"--p2p"};
  CHECK(!unsupported_reason(scenario));
  CHECK(migrate_options(scenario) == OptionNames{"--live", "--unsafe", "--postcopy", "--parallel",
                                                 "--bandwidth", "1", "--postcopy-bandwidth", "4",
                                                 "--parallel-connections", "2", "--tls", "--tls-destination",
                                                 "destination", "--p2p"});
}

TEST_CASE("a destination that waits for cont is what libvirt makes of every destination") {
  Scenario scenario;
  scenario.destination.paused = true;
  CHECK(!unsupported_reason(scenario));
}

TEST_CASE("what libvirt has no word for is said") {
  const auto reason = [](auto change) {
    Scenario scenario;
    change(scenario);
    return unsupported_reason(scenario).value_or("");
  };
  CHECK(reason([](Scenario& one) { one.source.paused = true; }).find("-S") != std::string::npos);
  CHECK(reason([](Scenario& one) { one.exit_on_error = true; }) != "");
  CHECK(reason([](Scenario& one) { one.destination.arguments = {"-device"}; }) != "");
  CHECK(reason([](Scenario& one) { one.source.parameters["downtime-limit"] = 1; }) ==
        "virsh migrate has no option for downtime-limit");
  CHECK(reason([](Scenario& one) { one.source.capabilities = {"mapped-ram"}; }) ==
        "virsh migrate has no option for mapped-ram");
}
