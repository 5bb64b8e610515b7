// SPDX-License-Identifier: GPL-2.0-or-later
#include "fuzz/target.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace mig::test {

std::span<const Target> all_targets() {
  static constexpr std::array targets{
      Target{"forward", fuzz_forward},
      Target{"resumed", fuzz_resumed},
      Target{"preempt", fuzz_preempt},
      Target{"return_path", fuzz_return_path},
      Target{"multifd", fuzz_multifd},
      Target{"connection", fuzz_connection},
      Target{"vmstate", fuzz_vmstate},
      Target{"rules", fuzz_rules},
      Target{"fault_session", fuzz_fault_session},
      Target{"capture", fuzz_capture},
      Target{"redact", fuzz_redact},
      Target{"scenario", fuzz_scenario},
      Target{"verdict", fuzz_verdict},
  };
  return targets;
}

const Target& find_target(std::string_view name) {
  const auto all = all_targets();
  const auto found = std::ranges::find(all, name, &Target::name);
  if (found == all.end()) throw std::out_of_range("no fuzz target " + std::string(name));
  return *found;
}

}  // namespace mig::test
