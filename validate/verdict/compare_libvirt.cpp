// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/verdict/compare_libvirt.hpp"

#include <algorithm>

namespace mig::validate {
namespace {

void compare(const char* what, const std::vector<std::string>& wanted, const std::string& seen,
             std::vector<std::string>& out) {
  if (wanted.empty() || std::find(wanted.begin(), wanted.end(), seen) != wanted.end()) return;
  std::string all;
  for (const auto& one : wanted) all += (all.empty() ? "\"" : " or \"") + one + "\"";
  out.push_back(std::string(what) + " was expected to be " + all + ", and is \"" + seen + "\"");
}

}  // namespace

void compare_libvirt(const LibvirtExpectation& expected, const LibvirtSeen& seen,
                     std::vector<std::string>& out) {
  compare("domstate on the source", expected.source_domain, seen.source_domain, out);
  compare("domstate on the destination", expected.destination_domain, seen.destination_domain, out);
  compare("the end of virsh migrate", expected.virsh, seen.virsh, out);
  compare("the fate of the destination's cont", expected.cont, seen.cont, out);
  if (seen.virsh_says.find(expected.virsh_says) == std::string::npos)
    out.push_back("virsh was expected to say \"" + expected.virsh_says + "\", and said \"" + seen.virsh_says +
                  "\"");
}

}  // namespace mig::validate
