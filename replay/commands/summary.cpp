// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <boost/json.hpp>
#include <iostream>

#include "common/text.hpp"
#include "replay/analyses/first_line.hpp"
#include "replay/analyses/nothing_found.hpp"
#include "replay/analyses/summary_json.hpp"
#include "replay/analyses/summary_text.hpp"
#include "replay/analyses/words.hpp"
#include "replay/commands/capture_input.hpp"
#include "replay/commands/command.hpp"
#include "replay/commands/stream_origins.hpp"

namespace mig::replay {
namespace {

boost::json::array to_json(const CaptureParts& parts) {
  boost::json::array out;
  for (const auto& part : parts) {
    out.push_back(boost::json::object{{"file", readable(part.path)}});
    if (!part.within) continue;
    out.back().as_object()["clock_ahead_s"] = seconds(part.clock_ahead);
    out.back().as_object()["clock_within_s"] = seconds(*part.within);
  }
  return out;
}

class SummaryCommand final : public Command {
 public:
  SummaryCommand()
      : Command("summary", "one screen about each migration in the captures",
                "  migreplay summary migration.pcap\n"
                "  migreplay summary --json *.pcapng.zst         one JSON object a line "
                "(docs/summary-schema.md)\n"
                "  migreplay summary vm.state                    a file that `migrate file:` or `exec:cat` "
                "wrote\n") {}
  void declare(OptionTable& options) override {
    captures_.declare(options);
    options.flag("--brief", brief_, "one line for each migration");
    options.text("--fail-on", fail_on_, "exit with 1 where a migration ended so: SPLIT-BRAIN,LOST");
  }
  int run() override {
    return captures_.for_each([this](const std::string& path) { return one(path); });
  }

 private:
  bool one(const std::string& path) {
    SummaryCollector collector(captures_.json);
    CaptureDecoder analysis(collector.consumers());
    const bool fine = captures_.read(path, analysis);
    if (captures_.json) {
      print_json(path, collector, analysis);
      captures_.require_migration(path, analysis);
      return fine && accepted(collector);
    }
    if (captures_.files.size() > 1 && !brief_) std::cout << "==> " << path << " <==\n";
    if (!brief_) std::cout << origins_text(analysis.origins());
    for (const auto& m : collector.reported()) {
      if (!captures_.wants(*m.first->migration)) continue;
      if (brief_)
        std::cout << path
                  << snapshot_name(analysis.origins(), static_cast<std::size_t>(m.first->migration->id()))
                  << ": " << first_line(m) << "\n";
      if (!brief_) std::cout << summary_text(m, collector);
    }
    if (collector.migrations().empty()) {
      std::cout << captures_.none_found(path);
      for (const auto& line : nothing_found(collector)) std::cout << "  " << line << "\n";
    }
    captures_.require_migration(path, analysis);
    return fine && accepted(collector);
  }
  /// None ended as --fail-on names.
  [[nodiscard]] bool accepted(const SummaryCollector& collector) const {
    const auto& all = collector.reported();
    return std::none_of(all.begin(), all.end(), [&](const Reported& m) {
      const auto outcome = "," + std::string(to_string(m.verdict.outcome)) + ",";
      return ("," + fail_on_ + ",").find(outcome) != std::string::npos;
    });
  }
  void print_json(const std::string& path, const SummaryCollector& collector,
                  const CaptureDecoder& analysis) const {
    auto object = to_json(collector);
    object["file"] = readable(path);
    if (const auto& several = captures_.parts(path); !several.empty()) object["files"] = to_json(several);
    if (!analysis.origins().empty()) object["streams"] = to_json(analysis.origins());
    if (collector.start() != Time{}) object["captured_at"] = utc_text(collector.start());
    auto& all = object["migrations"].as_array();
    if (captures_.migration != 0) {
      boost::json::array chosen;
      if (captures_.migration <= all.size()) chosen.push_back(all[captures_.migration - 1]);
      all = std::move(chosen);
    }
    std::cout << object << "\n";
  }
  CaptureInput captures_;
  std::string fail_on_;
  bool brief_ = false;
};

}  // namespace

CommandPointer summary_command() { return std::make_unique<SummaryCommand>(); }

}  // namespace mig::replay
