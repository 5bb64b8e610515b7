// SPDX-License-Identifier: GPL-2.0-or-later
#include <boost/json.hpp>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <optional>
#include <stdexcept>

#include "common/quantities.hpp"
#include "common/text.hpp"
#include "replay/commands/capture_input.hpp"
#include "replay/commands/command.hpp"
#include "replay/devices/description_source.hpp"
#include "replay/extract/output_file.hpp"
#include "replay/report/chrome_trace.hpp"
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
            "  migreplay report postcopy.pcap --vmdesc precopy.pcap -o report.html    with device fields\n"
            "  migreplay report migration.pcap --chrome-trace trace.json     for ui.perfetto.dev, "
            "chrome://tracing\n") {}
  void declare(OptionTable& options) override {
    captures_.declare_files(options, false);
    options.path("-o,--output", out_, "the page to write");
    options.path("--chrome-trace", trace_, "Trace Event Format, for Perfetto and chrome://tracing");
    options.path("--vmdesc", vmdesc_,
                 "VM description (JSON), or a precopy capture or stream of the same machine");
  }
  int run() override {
    if (out_.empty() && trace_.empty()) {
      std::fprintf(stderr, "migreplay: report needs -o REPORT.html or --chrome-trace TRACE.json\n");
      return 2;
    }
    for (const auto& out : {out_, trace_}) {
      for (const auto& in : captures_.files) refuse_input_as_output(in, out);
      refuse_input_as_output(vmdesc_, out);
    }
    return captures_.for_each([this](const std::string& path) { return one(path); });
  }

 private:
  bool one(const std::string& path) {
    std::optional<DescriptionSource> elsewhere;
    if (!vmdesc_.empty()) elsewhere = description_from_file(vmdesc_);
    SummaryCollector summary(false, Analyses::all());
    if (elsewhere) summary.analyses().get<DeviceStates>().show({}, &*elsewhere);
    CaptureDecoder analysis(summary.consumers());
    const bool fine = captures_.read(path, analysis);
    const boost::json::object report{{"generator", std::string("migreplay ") + MIG_VERSION},
                                     {"file", readable(path)},
                                     {"migrations", report_data(summary)}};
    if (!out_.empty()) write(out_, report_page(report));
    if (!trace_.empty()) write(trace_, boost::json::serialize(chrome_trace(report)));
    return fine;
  }
  static void write(const std::string& path, const std::string& text) {
    std::ofstream out(path, std::ios::binary);
    if (!(out << text) || !out.flush())
      throw std::runtime_error(path + ": cannot write: " + std::strerror(errno));
    std::printf("%s: %s\n", path.c_str(), bytes_text(text.size()).c_str());
  }

  CaptureInput captures_;
  std::string out_, trace_, vmdesc_;
};

}  // namespace

CommandPointer report_command() { return std::make_unique<ReportCommand>(); }

}  // namespace mig::replay
