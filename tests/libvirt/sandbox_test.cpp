// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/libvirt/sandbox.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>

#include "validate/base/errors.hpp"
#include "validate/base/files.hpp"

using namespace mig::validate;
using namespace mig::validate::libvirt;

namespace {

bool holds(const std::vector<std::string>& list, const std::vector<std::string>& part) {
  return std::search(list.begin(), list.end(), part.begin(), part.end()) != list.end();
}

}  // namespace

TEST_CASE("a host has its own name, its own processes, and dies with its parent") {
  const TempDir dir;
  std::ofstream(dir.path() / "qemu") << "";
  const auto arguments =
      bwrap_arguments({"/some/tree", "source", "/scene/source", "/scene", dir.path() / "qemu"});
  CHECK(holds(arguments, {"--hostname", "source"}));
  CHECK(holds(arguments, {"--unshare-pid"}));
  CHECK(holds(arguments, {"--die-with-parent"}));
  CHECK(holds(arguments, {"--ro-bind", "/some/tree/usr", "/usr"}));
  CHECK(holds(arguments, {"--bind", "/scene/source", "/host"}));
  CHECK_FALSE(holds(arguments, {"--unshare-net"}));
}

TEST_CASE("a wrapper's folder is shown at its own path, also when a link leads to it") {
  const TempDir dir;
  std::filesystem::create_directory(dir.path() / "real");
  std::ofstream(dir.path() / "real/qemu") << "";
  std::filesystem::create_symlink(dir.path() / "real/qemu", dir.path() / "qemu");
  const auto real = std::filesystem::canonical(dir.path() / "real").string();
  CHECK(holds(bwrap_arguments({"/tree", "source", "/f", "/s", dir.path() / "qemu"}),
              {"--ro-bind", real, real}));
}

TEST_CASE("a QEMU of the machine cannot be seen beside another libvirt") {
  CHECK_THROWS_WITH_AS((void)bwrap_arguments({"/tree", "source", "/f", "/s", "/usr/bin/env"}),
                       doctest::Contains("--libvirt system"), CouldNotRun);
  CHECK_NOTHROW((void)bwrap_arguments({"/", "source", "/f", "/s", "/usr/bin/env"}));
}
