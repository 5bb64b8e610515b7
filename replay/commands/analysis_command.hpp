// SPDX-License-Identifier: GPL-2.0-or-later
// A command that is one consumer, a text and a JSON object per migration.
#pragma once
#include <boost/json/object.hpp>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "replay/commands/captures.hpp"
#include "replay/commands/command.hpp"

namespace mig::replay {

/// What such a command makes of one migration.
struct MigrationPart {
  const Migration* migration = nullptr;
  std::function<std::string()> text;
  std::function<boost::json::object()> json;
};

/// Prints the parts: texts one after the other, or one object a file, in which `name` is the part's key:
/// {"file": ..., "migrations": [{"migration": 1, "machine": ..., NAME: {...}}]}.
/// Throws where --migration asks for one that is not there.
void print_parts(const std::string& name, const std::string& path, const Captures& captures,
                 const Analysis& analysis, const std::vector<MigrationPart>& parts);

/// `Collector` is a Consumer; its migrations() are pointers to results that have a member `migration`.
template <class Collector, class Text, class Json>
class AnalysisCommand final : public Command {
 public:
  AnalysisCommand(const char* name, const char* help, const char* examples, Text text, Json json)
      : Command(name, help, examples), text_(text), json_(json) {}
  void declare(OptionTable& options) override { captures_.declare(options); }
  int run() override {
    return captures_.for_each([this](const std::string& path) { return one(path); });
  }

 private:
  bool one(const std::string& path) {
    Collector collector;
    Analysis analysis({&collector});
    const bool fine = captures_.read(path, analysis);
    const auto start = analysis.start();
    std::vector<MigrationPart> parts;
    for (const auto* result : collector.migrations()) {
      parts.push_back({result->migration, [this, result, start] { return text_(*result, start); },
                       [this, result, start] { return json_(*result, start); }});
    }
    print_parts(name(), path, captures_, analysis, parts);
    return fine;
  }

  Captures captures_;
  Text text_;
  Json json_;
};

/// `text` and `json` take a result and the time of the first packet.
template <class Collector, class Text, class Json>
CommandPointer analysis_command(const char* name, const char* help, const char* examples, Text text,
                                Json json) {
  return std::make_unique<AnalysisCommand<Collector, Text, Json>>(name, help, examples, text, json);
}

}  // namespace mig::replay
