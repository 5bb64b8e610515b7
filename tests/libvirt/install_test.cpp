// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/libvirt/install.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>

#include "validate/base/errors.hpp"
#include "validate/base/files.hpp"

using namespace mig::validate;
using namespace mig::validate::libvirt;
namespace fs = std::filesystem;

namespace {

void make_program(const fs::path& path) {
  fs::create_directories(path.parent_path());
  std::ofstream(path) << "#!/bin/sh\n";
  fs::permissions(path, fs::perms::owner_all);
}

}  // namespace

TEST_CASE("a folder is taken when all of it is there") {
  const TempDir dir;
  CHECK_THROWS_WITH_AS((void)find_install(dir.path().string()), doctest::Contains("has no virsh, bwrap and"),
                       CouldNotRun);
  for (const char* program : {"virsh", "bwrap", "root/usr/sbin/libvirtd"}) make_program(dir.path() / program);
  const auto found = find_install(dir.path().string());
  CHECK(found.virsh == dir.path() / "virsh");
  CHECK(found.tree == dir.path() / "root");
}

TEST_CASE("a version that is not there names the command that fetches it") {
  ::setenv("MIG_LIBVIRT_1_2", "/nonexistent", 1);
  CHECK_THROWS_WITH_AS((void)find_install("1.2"), doctest::Contains("scripts/get-libvirt.sh 1.2"),
                       CouldNotRun);
}

TEST_CASE("the environment names a folder of one's own for a version") {
  const TempDir dir;
  for (const char* program : {"virsh", "bwrap", "root/usr/sbin/libvirtd"}) make_program(dir.path() / program);
  ::setenv("MIG_LIBVIRT_1_3", dir.path().c_str(), 1);
  CHECK(find_install("1.3").bwrap == dir.path() / "bwrap");
}
