// SPDX-License-Identifier: GPL-2.0-or-later
// A capture or stream file from anywhere, through reassembly and every analysis to every output.
#include <algorithm>
#include <boost/json.hpp>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>

#include "fuzz/input_file.hpp"
#include "fuzz/memory_meter.hpp"
#include "fuzz/target.hpp"
#include "replay/analyse_file.hpp"
#include "replay/analyses/first_line.hpp"
#include "replay/analyses/nothing_found.hpp"
#include "replay/analyses/summary_json.hpp"
#include "replay/analyses/summary_text.hpp"
#include "replay/events/event_list.hpp"
#include "replay/extract/extractor.hpp"
#include "replay/extract/output_file.hpp"
#include "replay/report/chrome_trace.hpp"
#include "replay/report/report_data.hpp"
#include "replay/report/report_page.hpp"

namespace mig::test {
namespace {

using namespace replay;

constexpr std::size_t most_memory = 100U << 20;

void check_text(std::string_view text) {
  require(std::ranges::none_of(text, [](unsigned char c) { return (c < 0x20 && c != '\n') || c == 0x7f; }),
          "a text for people has no control characters");
}
/// The parser is strict about UTF-8, too.
void check_json(std::string_view text) {
  boost::system::error_code error;
  static_cast<void>(boost::json::parse(text, error));
  require(!error, "JSON is read again");
}
void check_json(const boost::json::value& value) { check_json(boost::json::serialize(value)); }

/// What a FILE was given.
class Printed {
 public:
  Printed() : file_(open_memstream(&text_, &size_)) {}
  Printed(const Printed&) = delete;
  Printed& operator=(const Printed&) = delete;
  ~Printed() {
    static_cast<void>(std::fclose(file_));
    std::free(text_);  // NOLINT: open_memstream's
  }
  [[nodiscard]] FILE* file() const noexcept { return file_; }
  [[nodiscard]] std::string_view text() const {
    static_cast<void>(std::fflush(file_));
    return {text_, size_};
  }

 private:
  char* text_ = nullptr;
  std::size_t size_ = 0;
  FILE* file_;
};

/// Every output that has all of a capture, in one reading.
class Outputs {
 public:
  void read(const std::string& path) {
    auto consumers = summary_.consumers();
    consumers.insert(consumers.end(), {&lines_, &objects_});
    CaptureDecoder analysis(std::move(consumers));
    std::string warning;
    static_cast<void>(analyse_file(path, analysis, warning));
    check_text(warning);
    check_event_lists();
    check_texts(analysis.start());
    check_report();
  }

 private:
  void check_event_lists() {
    check_text(text_.text());
    auto rest = json_.text();
    while (!rest.empty()) {
      const auto line = rest.substr(0, rest.find('\n'));
      check_json(line);
      rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    }
  }
  void check_texts(Time start) {
    for (const auto& line : nothing_found(summary_)) check_text(line);
    for (const auto& m : summary_.reported()) {
      check_text(first_line(m));
      check_text(summary_text(m, summary_));
      require(!m.verdict.possible.empty(), "somebody or nobody may run the guest");
      for (const auto& entry : summary_.analyses().entries())
        check_text(entry.analysis->text(*m.first->migration, start));
    }
  }
  void check_report() {
    check_json(to_json(summary_));
    const boost::json::object report{
        {"generator", "fuzz"}, {"file", "fuzz"}, {"migrations", report_data(summary_)}};
    check_json(report);
    check_json(chrome_trace(report));
    require(report_page(report).ends_with("</html>\n"), "the page is whole");
  }

  Printed text_, json_;
  EventText as_text_;
  EventJson as_json_;
  EventList lines_{text_.file(), as_text_, {true, 0, std::nullopt}};
  EventList objects_{json_.file(), as_json_, {true, 0, std::nullopt}};
  SummaryCollector summary_{false, Analyses::all()};
};

void extract(const std::string& path, const char* what) {
  const auto request = parse_extract(what);
  const InputFile written;
  OutputFile out(written.path());
  const auto extractor = make_extractor(*request, out);
  CaptureDecoder analysis({extractor.get()});
  std::string warning;
  static_cast<void>(analyse_file(path, analysis, warning));
  check_text(extractor->problem());
  check_text(extractor->remark());
}

}  // namespace

void fuzz_capture(Bytes input) {
  const InputFile file(input);
  const MemoryMeter memory;
  try {
    Outputs().read(file.path());
    for (const auto* what : {"stream", "return-path", "package", "device:serial", "vmdesc", "ram:pc.ram"})
      extract(file.path(), what);
  } catch (const std::runtime_error& error) {  // no capture, or an output that no disk can hold
    check_text(error.what());
  }
  require(memory.peak() <= most_memory, "memory is bounded");
}

}  // namespace mig::test
