// SPDX-License-Identifier: GPL-2.0-or-later
#include <CLI/CLI.hpp>

#include "validate/base/errors.hpp"
#include "validate/cli/commands.hpp"

namespace mig::validate {

void add_migreplay(CLI::App& command, std::filesystem::path& migreplay) {
  command.add_option("--migreplay", migreplay, "the migreplay program, which answers from recordings alone")
      ->type_name("PROGRAM")
      ->default_val(beside_us("migreplay").string());
}

void check_migreplay(const std::filesystem::path& migreplay) {
  if (migreplay.empty() || std::filesystem::is_regular_file(migreplay)) return;
  throw CouldNotRun("there is no " + migreplay.string() +
                    " to hold recordings against the guests: give --migreplay PATH, or --no-wire");
}

}  // namespace mig::validate
