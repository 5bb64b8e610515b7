// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/run/proxy_process.hpp"

#include <doctest/doctest.h>

#include <fstream>

#include "validate/base/errors.hpp"
#include "validate/base/files.hpp"

using namespace mig::validate;

namespace {

// A stand-in for migproxy: a shell script.
ProxySetup setup(const TempDir& dir, const std::string& script) {
  const auto program = dir.path() / "migproxy";
  std::ofstream(program) << "#!/bin/sh\n" << script << '\n';
  std::filesystem::permissions(program, std::filesystem::perms::owner_all);
  return {program, "127.0.0.1:4444", {"drop-pong"}, dir.path()};
}

}  // namespace

TEST_CASE("the address is read from the log's first line") {
  const TempDir dir;
  ProxyProcess proxy(setup(
      dir, "echo \"$@\"; echo '{\"kind\":\"start\",\"listen\":\"127.0.0.1:5555\",\"monotonic_us\":1}' > " +
               (dir.path() / "migproxy.ndjson").string() +
               "; trap 'exit 3' TERM; while :; do sleep 0.05; done"));
  CHECK(proxy.address() == "127.0.0.1:5555");
  const auto words = tail_of(dir.path() / "migproxy.trace");
  CHECK(words.find("--connect 127.0.0.1:4444 --trace --log ") != std::string::npos);
  CHECK(words.find("--line-buffered") != std::string::npos);
  CHECK(words.find("--fault=drop-pong") != std::string::npos);
  CHECK(proxy.stop() == 3);
}

TEST_CASE("a refused rule is told in migproxy's own words") {
  const TempDir dir;
  CHECK_THROWS_WITH_AS(ProxyProcess(setup(dir, "echo 'unknown action: dorp' >&2; exit 2")),
                       doctest::Contains("ended at once, exit code 2: unknown action: dorp"), CouldNotRun);
}
