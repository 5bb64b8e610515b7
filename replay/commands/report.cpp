// SPDX-License-Identifier: GPL-2.0-or-later
#include <boost/json.hpp>
#include <cstdio>
#include <fstream>
#include <optional>
#include <stdexcept>

#include "replay/commands/captures.hpp"
#include "replay/commands/command.hpp"
#include "replay/report/report_data.hpp"
#include "replay/report/report_page.hpp"

namespace mig::replay {
namespace {

class ReportCommand final : public Command {
 public:
  ReportCommand()
      : Command(
            "report", "everything on one self-contained HTML page",
            "  migreplay report migration.pcap -o report.html\n"
            "  migreplay report postcopy.pcap --vmdesc precopy.pcap -o report.html    with device fields\n") {
  }
  void declare(OptionTable& options) override {
    options.text("FILE", file_, "a capture or stream file; - is standard input", true);
    options.text("-o,--output", out_, "the page to write", true);
    options.text("--vmdesc", vmdesc_,
                 "VM description (JSON), or a precopy capture or stream of the same machine");
  }
  int run() override {
    std::optional<FoundDescription> elsewhere;
    if (!vmdesc_.empty()) elsewhere = description_from_file(vmdesc_);
    ReportCollectors collectors;
    Analysis analysis(collectors.all());
    const bool fine = Captures().read(file_, analysis);
    const boost::json::object report{
        {"generator", std::string("migreplay ") + MIG_VERSION},
        {"file", file_},
        {"migrations", collectors.to_json(analysis.start(), elsewhere ? &*elsewhere : nullptr)}};
    const auto page = report_page(report);
    std::ofstream out(out_, std::ios::binary);
    if (!(out << page) || !out.flush()) throw std::runtime_error(out_ + ": cannot write");
    std::printf("%s: %zu KiB, open it in any browser\n", out_.c_str(), page.size() / 1024);
    return fine ? 0 : 1;
  }

 private:
  std::string file_, out_, vmdesc_;
};

}  // namespace

CommandPointer report_command() { return std::make_unique<ReportCommand>(); }

}  // namespace mig::replay
