// SPDX-License-Identifier: GPL-2.0-or-later
// Pages are told in runs for speed alone: whoever counts runs says what he says of single pages.
#include <doctest/doctest.h>

#include <boost/json.hpp>
#include <deque>
#include <filesystem>

#include "replay/analyse_file.hpp"
#include "replay/report/report_data.hpp"

using namespace mig;
using namespace mig::replay;
namespace json = boost::json;

namespace {

/// Passes everything on to another consumer, runs of pages as single pages.
class OneByOne final : public Consumer {
 public:
  explicit OneByOne(Consumer& to) : to_(to) {}
  void started(Time time) override { to_.started(time); }
  void comment(std::string_view text, Moment moment) override { to_.comment(text, moment); }
  void opened(ConnectionId id, const ConnectionInfo& info, Moment moment) override {
    to_.opened(id, info, moment);
  }
  void event(const EventContext& context, const Event& event, Bytes raw) override {
    to_.event(context, event, raw);
  }
  void whole_pages(const EventContext& context, std::span<const Event> pages, Bytes raw) override {
    const auto stage =
        context.migration == nullptr ? RamStage::unknown : context.migration->ram_stage(context.channel);
    if (pages.size() > 1) ++runs[static_cast<std::size_t>(stage)];
    for (const auto& page : pages)
      with_contents += std::get<PageRecord>(page.body).payload_size != 0 ? 1U : 0U;
    Consumer::whole_pages(context, pages, raw);
  }
  void notice(const EventContext& context, Notice notice) override { to_.notice(context, notice); }
  void comment_elsewhere(std::string_view text, Moment moment) override {
    to_.comment_elsewhere(text, moment);
  }
  void stalled(const EventContext& context, const Stall& stall) override { to_.stalled(context, stall); }
  void ended(const EventContext& context, const PeerEnd& end) override { to_.ended(context, end); }
  void closed(const EventContext& context, bool reset) override { to_.closed(context, reset); }
  void unfinished(const EventContext& context, std::uint64_t bytes) override {
    to_.unfinished(context, bytes);
  }
  void undelivered(const EventContext& context, const Event& event, Bytes raw) override {
    to_.undelivered(context, event, raw);
  }
  void heard(const EventContext& context) override { to_.heard(context); }
  void conflicting(const EventContext& context) override { to_.conflicting(context); }
  void finished(Time time) override { to_.finished(time); }
  std::array<std::uint64_t, 3> runs{};  // of more than one page, by RamStage
  std::uint64_t with_contents = 0;      // pages

 private:
  Consumer& to_;
};

}  // namespace

TEST_CASE("runs of pages and single pages: every analysis says the same") {
  std::array<std::uint64_t, 3> runs{};
  std::uint64_t with_contents = 0;
  for (const auto& file : std::filesystem::recursive_directory_iterator(MIG_SAMPLES)) {
    const auto path = file.path().string();
    if (!path.ends_with(".zst")) continue;
    CAPTURE(path);
    SummaryCollector in_runs(true, Analyses::all()), singly(true, Analyses::all());
    auto consumers = in_runs.consumers();
    std::deque<OneByOne> one_by_one;
    for (auto* consumer : singly.consumers()) consumers.push_back(&one_by_one.emplace_back(*consumer));
    CaptureDecoder analysis(consumers);
    std::string warning;
    static_cast<void>(analyse_file(path, analysis, warning));
    CHECK(json::serialize(report_data(in_runs)) == json::serialize(report_data(singly)));
    const auto& summary = one_by_one.back();
    for (std::size_t i = 0; i < runs.size(); ++i) runs[i] += summary.runs[i];
    with_contents += summary.with_contents;
  }
  CHECK(runs[static_cast<std::size_t>(RamStage::precopy)] > 50);
  CHECK(runs[static_cast<std::size_t>(RamStage::postcopy)] != 0);
  CHECK(with_contents > 1000);
}
