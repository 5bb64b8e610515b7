// SPDX-License-Identifier: GPL-2.0-or-later
#include <CLI/CLI.hpp>
#include <map>
#include <string>

#include "validate/cli/commands.hpp"

namespace mig::validate {

void add_road(CLI::App& command, Road& road) {
  static const std::map<std::string, Road> words{{"direct", Road::direct}, {"libvirt", Road::libvirt}};
  command
      .add_option("--through", road, "who controls the QEMUs: migvalidate over QMP, or two libvirt daemons")
      ->transform(CLI::CheckedTransformer(words).description("{direct,libvirt}"))
      ->default_str("direct");
}

}  // namespace mig::validate
