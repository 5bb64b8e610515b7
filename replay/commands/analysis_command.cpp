// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/commands/analysis_command.hpp"

#include <boost/json.hpp>
#include <iostream>

#include "common/text.hpp"

namespace mig::replay {

int AnalysisCommand::run() {
  return captures_.for_each([this](const std::string& path) { return one(path); });
}

bool AnalysisCommand::one(const std::string& path) {
  const auto analysis = make();
  CaptureDecoder reading({analysis.get()});
  const bool fine = captures_.read(path, reading);
  print(path, reading, *analysis);
  captures_.require_migration(path, reading);
  check(path, *analysis);
  return fine;
}

void AnalysisCommand::print(const std::string& path, const CaptureDecoder& reading,
                            MigrationAnalysis& analysis) const {
  boost::json::array migrations;
  for (const auto& m : reading.migrations().all()) {
    if (!captures_.wants(m)) continue;
    if (!captures_.json) {
      std::cout << analysis.text(m, reading.start());
      continue;
    }
    migrations.push_back(boost::json::object{{"migration", static_cast<unsigned>(m.id()) + 1},
                                             {"machine", printable(m.tables().name(m.tables().machine))},
                                             {name(), analysis.json(m, reading.start())}});
  }
  if (captures_.json) {
    std::cout << boost::json::object{{"file", readable(path)}, {"migrations", std::move(migrations)}} << "\n";
  } else if (reading.migrations().all().empty()) {
    std::cout << captures_.none_found(path);
  }
}

}  // namespace mig::replay
