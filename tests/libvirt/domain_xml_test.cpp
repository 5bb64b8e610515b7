// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/libvirt/domain_xml.hpp"

#include <doctest/doctest.h>

using namespace mig::validate::libvirt;

TEST_CASE("a path cannot break out of the XML") {
  const auto xml = domain_xml({"/a&b/it's <new>/qemu", "pc", 64});
  CHECK(xml.find("<emulator>/a&amp;b/it&apos;s &lt;new>/qemu</emulator>") != std::string::npos);
  CHECK(xml.find("machine='pc'") != std::string::npos);
  CHECK(xml.find("<memory unit='MiB'>64</memory>") != std::string::npos);
}

TEST_CASE("the disk keeps QEMU's image lock, and the guest ticks into a file of its host") {
  const auto xml = domain_xml({"/qemu"});
  CHECK(xml.find("shareable") == std::string::npos);
  CHECK(xml.find("<source path='/host/serial'/>") != std::string::npos);
}
