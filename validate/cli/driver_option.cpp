// SPDX-License-Identifier: GPL-2.0-or-later
#include <CLI/CLI.hpp>
#include <map>
#include <string>

#include "validate/cli/commands.hpp"

namespace mig::validate {

void add_driver_option(CLI::App& command, DriverKind& driver) {
  static const std::map<std::string, DriverKind> words{{"direct", DriverKind::direct},
                                                       {"libvirt", DriverKind::libvirt}};
  command
      .add_option("--through", driver, "who controls the QEMUs: migvalidate over QMP, or two libvirt daemons")
      ->transform(CLI::CheckedTransformer(words).description("{direct,libvirt}"))
      ->default_str("direct");
}

}  // namespace mig::validate
