// SPDX-License-Identifier: GPL-2.0-or-later
// A scenario: what is done to a migration, and what is expected of each pair of QEMU versions. Plain data;
// the files in scenarios/ are read into it, tests build it by hand.
#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "validate/guest/guest_image.hpp"
#include "validate/scenario/step.hpp"
#include "validate/scenario/version.hpp"

namespace mig::validate {

struct SideNeeds {
  std::vector<std::string> capabilities{"postcopy-ram"};
  boost::json::object parameters;      ///< for migrate-set-parameters
  bool paused = false;                 ///< started with -S
  std::vector<std::string> arguments;  ///< more of QEMU's command line
};

/// Who drives the two QEMUs: we, over QMP, or libvirt daemons, over virsh.
enum class Road { direct, libvirt };

struct LibvirtNeeds {
  std::vector<std::string> migrate;  ///< more options of `virsh migrate`
  std::string cannot;                ///< why the scenario has no meaning there; empty: it has one
};

/// What is expected where libvirt drives the two: one of the words of each list, an empty list is whatever.
struct LibvirtExpectation {
  VersionRange libvirt;
  std::vector<std::string> source_domain;  ///< see LibvirtSeen
  std::vector<std::string> destination_domain;
  std::vector<std::string> virsh;
  std::vector<std::string> cont;
  std::string virsh_says;  ///< virsh's message has to contain this
};

/// What is expected of the pairs of versions that it matches; the first that matches counts.
struct Expectation {
  VersionRange source;
  VersionRange destination;
  std::optional<LibvirtExpectation>
      libvirt;                    ///< holds for runs through libvirt only; without it for direct ones only
  std::vector<Verdict> verdicts;  ///< one of them
  std::vector<std::string> source_ends;        ///< "failed / running", with * for anything; empty: whatever
  std::vector<std::string> destination_ends;   ///< also "gone: exit code 1"
  std::vector<std::string> source_statuses;    ///< migration statuses the source goes through, in this order
  std::map<std::string, std::string> answers;  ///< of named steps: "accepted", "refused", "taken", "in vain"
  std::vector<std::string> breaks;             ///< invariants that break, by name: "crash", "memory"
  std::vector<std::string> may_break;
  std::string because;  ///< one sentence
  std::string finding;  ///< what a user would call a bug, in plain words; empty: none
  std::string flaky;    ///< why repeats may differ among `verdicts`; empty: then they may not
};

/// As one road has it.
struct Scenario {
  std::string name;  ///< the file's, without .toml
  std::string file;  ///< what the command line calls it
  std::string title;
  std::string about;
  std::vector<std::string> tags;
  VersionRange needs_source;
  VersionRange needs_destination;
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
  std::vector<Step> steps{StartMigration{}, StartPostcopy{}};
  Seconds patience = 15;  ///< for both sides to reach an end after the steps
  Seconds watch = 1;      ///< the last look at who ticks, at least
  std::vector<Expectation> expectations;
};

}  // namespace mig::validate
