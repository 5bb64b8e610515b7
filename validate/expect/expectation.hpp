// SPDX-License-Identifier: GPL-2.0-or-later
// What a scenario expects of a pair of QEMUs, as data.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "validate/base/version.hpp"
#include "validate/verdict/verdict.hpp"

namespace mig::validate {

/// Which QEMUs, and which libvirt if one drives them.
struct When {
  VersionRange source;
  VersionRange destination;
  VersionRange libvirt;
};

/// What libvirt makes of it: one of the words of each list; an empty list is whatever.
struct LibvirtExpectation {
  std::vector<std::string> source_domain;  ///< see LibvirtSeen
  std::vector<std::string> destination_domain;
  std::vector<std::string> virsh;
  std::vector<std::string> cont;
  std::string virsh_says;  ///< virsh's message has to contain this
};

struct Expectation {
  When when;
  std::vector<Verdict> verdicts;              ///< one of them
  std::vector<std::string> source_ends;       ///< "failed / running", with * for anything; empty: whatever
  std::vector<std::string> destination_ends;  ///< also "gone: exit code 1"
  std::vector<std::string> source_statuses;   ///< migration statuses the source goes through, in this order
  std::map<std::string, Answer> answers;      ///< of named steps
  std::vector<std::string> breaks;            ///< invariants that break, by name: "crash", "memory"
  std::vector<std::string> may_break;
  std::optional<LibvirtExpectation> libvirt;  ///< of runs through libvirt
  std::string because;                        ///< one sentence
  std::string finding;                        ///< what a user would call a bug, in plain words; empty: none
  std::string flaky;  ///< why repeats may differ among `verdicts`; empty: then they may not
};

}  // namespace mig::validate
