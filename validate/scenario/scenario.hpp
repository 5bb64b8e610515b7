// SPDX-License-Identifier: GPL-2.0-or-later
// A scenario: what is done to a migration, and what is expected of each pair of QEMU versions. Plain data;
// the files in scenarios/ are read into it, tests build it by hand.
#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "validate/expect/expectation.hpp"
#include "validate/guest/guest_image.hpp"
#include "validate/scenario/step.hpp"

namespace mig::validate {

struct SideNeeds {
  std::vector<std::string> capabilities{"postcopy-ram"};
  boost::json::object parameters;      ///< for migrate-set-parameters
  bool paused = false;                 ///< started with -S
  std::vector<std::string> arguments;  ///< more of QEMU's command line
};

/// Who drives the two QEMUs: we, over QMP, or libvirt daemons, over virsh.
enum class DriverKind { direct, libvirt };

struct LibvirtNeeds {
  std::vector<std::string> migrate;  ///< more options of `virsh migrate`
  std::string cannot;                ///< why the scenario has no meaning there; empty: it has one
};

/// What is expected under one driver.
struct Scenario {
  std::string name;  ///< the file's, without .toml
  std::string file;  ///< what the command line calls it
  std::string title;
  std::string about;
  std::vector<std::string> tags;
  When needs;
  std::string needs_because;
  SideNeeds source;
  SideNeeds destination;
  GuestParameters guest;
  LibvirtNeeds libvirt;
  std::vector<std::string> faults;
  bool direct = false;         ///< no migproxy: the source connects to the destination
  bool exit_on_error = false;  ///< of the destination (9.1 and later can stay)
  bool shared_disk = false;    ///< one raw image for both, with locking
  bool tls = false;            ///< a pre-shared key on both sides
  Steps steps;
  Seconds patience = 15;  ///< for both sides to reach an end after the steps
  Seconds watch = 1;      ///< the last look at who ticks, at least
  std::vector<Expectation> expectations;
  bool judged = true;  ///< false: nothing is expected under either driver; the verdict is the result
};

}  // namespace mig::validate
