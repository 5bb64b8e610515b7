// SPDX-License-Identifier: GPL-2.0-or-later
#include <boost/json.hpp>
#include <iostream>

#include "replay/analyses/summary_json.hpp"
#include "replay/analyses/summary_text.hpp"
#include "replay/commands/captures.hpp"
#include "replay/commands/command.hpp"

namespace mig::replay {
namespace {

class SummaryCommand final : public Command {
 public:
  SummaryCommand()
      : Command("summary", "one screen about each migration in the captures",
                "  migreplay summary migration.pcap\n"
                "  migreplay summary --json *.pcapng.zst         one JSON object a line "
                "(docs/summary-schema.md)\n"
                "  migreplay summary vm.state                    a file that `migrate file:` or `exec:cat` "
                "wrote\n") {}
  void declare(OptionTable& options) override { captures_.declare(options); }
  int run() override {
    return captures_.for_each([this](const std::string& path) { return one(path); });
  }

 private:
  bool one(const std::string& path) {
    SummaryCollector collector;
    Analysis analysis({&collector});
    const bool fine = captures_.read(path, analysis);
    if (captures_.json) {
      auto object = to_json(collector);
      object["file"] = path;
      std::cout << object << "\n";
      return fine;
    }
    for (const auto& m : collector.migrations()) {
      if (captures_.wants(*m->migration)) std::cout << summary_text(*m, collector.start());
    }
    if (collector.migrations().empty()) std::cout << path << ": no migration found\n";
    return fine;
  }
  Captures captures_;
};

}  // namespace

CommandPointer summary_command() { return std::make_unique<SummaryCommand>(); }

}  // namespace mig::replay
