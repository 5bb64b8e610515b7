// SPDX-License-Identifier: GPL-2.0-or-later
// CaptureInput are hostile input: whatever stands in them, every analysis ends, and counts every byte.
#include <doctest/doctest.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <filesystem>
#include <random>

#include "replay/analyse_file.hpp"
#include "replay/devices/description_source.hpp"
#include "replay/events/event_list.hpp"
#include "replay/frames.hpp"
#include "replay/report/report_data.hpp"

using namespace mig;
using namespace mig::replay;
using namespace mig::test;

namespace {

struct Nowhere {
  Nowhere() : file(std::fopen("/dev/null", "w")) { REQUIRE(file != nullptr); }
  ~Nowhere() { std::fclose(file); }
  Nowhere(const Nowhere&) = delete;
  Nowhere& operator=(const Nowhere&) = delete;
  FILE* file;
};

/// Everything that a report and `events --pages` look at; the bytes of all channels, and what they were spent
/// on.
std::pair<std::uint64_t, std::uint64_t> bytes_carried_and_spent(const Frames& frames) {
  const auto path = "/tmp/migwire-hostile-" + std::to_string(getpid()) + ".pcap";
  write_pcap(path, frames);
  const Nowhere out;
  EventJson format;
  EventList events(out.file, format, {true, 0, {}});
  SummaryCollector summary(true, Analyses::all());
  auto all = summary.consumers();
  all.push_back(&events);
  CaptureDecoder analysis(all);
  std::string warning;
  static_cast<void>(analyse_file(path, analysis, warning));
  std::filesystem::remove(path);
  std::uint64_t carried = 0, spent = 0;
  for (const auto& m : report_data(summary)) {
    for (const auto& c : m.at("channels").as_array())
      carried +=
          c.at("bytes_forward").to_number<std::uint64_t>() + c.at("bytes_back").to_number<std::uint64_t>();
    for (const auto& [kind, n] : m.at("bytes_by_kind").as_object()) spent += n.to_number<std::uint64_t>();
    spent += m.at("unfinished_bytes").to_number<std::uint64_t>();
  }
  return {carried, spent};
}

}  // namespace

TEST_CASE("captures with altered bytes are analysed to their end, and every byte is accounted for") {
  for (const auto* name : {"07-postcopy-preempt-11.1-11.1.pcap.zst", "01-precopy-11.1-11.1.pcap.zst",
                           "11a-postcopy-pause-recover-11.1-11.1.pcap.zst"}) {
    const auto whole = frames_of(name);
    for (unsigned seed = 1; seed <= 6; ++seed) {
      CAPTURE(std::string(name));
      CAPTURE(seed);
      std::mt19937 random(seed);
      auto frames = whole;
      for (int i = 0; i < 40; ++i) {
        auto& bytes = frames[random() % frames.size()].bytes;
        // Most often in the front of a payload, where headers are; sometimes in those of the network.
        const auto at = random() % 8 == 0 ? random() % bytes.size() : 66 + random() % 64;
        if (at < bytes.size()) bytes[at] = static_cast<std::byte>(random());
      }
      const auto [carried, spent] = bytes_carried_and_spent(frames);
      CHECK(carried == spent);
    }
  }
}
