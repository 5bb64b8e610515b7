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
    SummaryCollector collector(captures_.json);
    Analysis analysis({&collector});
    const bool fine = captures_.read(path, analysis);
    if (captures_.json) {
      print_json(path, collector);
      captures_.require_migration(path, analysis);
      return fine;
    }
    for (const auto& m : collector.reported()) {
      if (captures_.wants(*m.first->migration)) std::cout << summary_text(m, collector.start());
    }
    if (collector.migrations().empty()) std::cout << captures_.none_found(path);
    captures_.require_migration(path, analysis);
    return fine;
  }
  void print_json(const std::string& path, const SummaryCollector& collector) const {
    auto object = to_json(collector);
    object["file"] = path;
    auto& all = object["migrations"].as_array();
    if (captures_.migration != 0) {
      boost::json::array chosen;
      if (captures_.migration <= all.size()) chosen.push_back(all[captures_.migration - 1]);
      all = std::move(chosen);
    }
    std::cout << object << "\n";
  }
  Captures captures_;
};

}  // namespace

CommandPointer summary_command() { return std::make_unique<SummaryCommand>(); }

}  // namespace mig::replay
