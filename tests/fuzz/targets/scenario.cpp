// SPDX-License-Identifier: GPL-2.0-or-later
// Scenario files from anywhere.
#include <sstream>

#include "fuzz/memory_meter.hpp"
#include "fuzz/target.hpp"
#include "validate/catalogue/explain.hpp"
#include "validate/catalogue/read_scenario.hpp"
#include "validate/toml/node.hpp"

namespace mig::test {

void fuzz_scenario(Bytes input) {
  using namespace validate;
  const MemoryMeter memory;
  try {
    const auto scenario = read_scenario(as_text(input), "mine.toml");
    std::ostringstream out;
    Terminal terminal(out, false);
    explain(scenario, terminal);
    require(!out.str().empty(), "a scenario that is read can be explained");
  } catch (const Refusal& refusal) {
    require(std::string_view(refusal.what()).starts_with("mine.toml:"), "an error names file and line");
  }
  require(memory.peak() <= (16U << 20) + 256 * input.size(), "memory is bounded");
}

}  // namespace mig::test
