// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/commands/analysis_command.hpp"

#include <boost/json.hpp>
#include <iostream>

#include "common/text.hpp"
#include "replay/analyses/words.hpp"

namespace mig::replay {

void print_parts(const std::string& name, const std::string& path, const Captures& captures,
                 const Analysis& analysis, const std::vector<MigrationPart>& parts) {
  boost::json::array migrations;
  for (const auto& part : parts) {
    if (!captures.wants(*part.migration)) continue;
    if (!captures.json) {
      std::cout << part.text();
      continue;
    }
    const auto& tables = part.migration->tables();
    migrations.push_back(boost::json::object{{"migration", static_cast<unsigned>(part.migration->id()) + 1},
                                             {"machine", printable(tables.name(tables.machine))},
                                             {name, part.json()}});
  }
  if (captures.json) {
    std::cout << boost::json::object{{"file", readable(path)}, {"migrations", std::move(migrations)}} << "\n";
  } else if (analysis.migrations().all().empty()) {
    std::cout << captures.none_found(path);
  }
  captures.require_migration(path, analysis);
}

}  // namespace mig::replay
