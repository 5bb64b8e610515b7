// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <boost/json.hpp>
#include <vector>

#include "replay/analyses/registry.hpp"
#include "replay/analyses/words.hpp"
#include "replay/per_migration.hpp"

namespace mig::replay {
namespace {

/// Bytes of each direction over time, all channels of a migration together. Bounded: bins double in length
/// when there would be more than `max_bins`.
class TrafficAnalysis final : public MigrationAnalysis {
 public:
  static constexpr std::size_t max_bins = 1024;

  void started(Time time) override { start_ = time; }
  void event(const EventContext& context, const Event& event, Bytes) override {
    add(context, bytes_passed(event));
  }
  void whole_pages(const EventContext& context, std::span<const Event>, Bytes raw) override {
    add(context, raw.size());
  }

  [[nodiscard]] std::string text(const Migration&, Time) override { return {}; }
  /// `bin_seconds`, `forward`, `back`: bytes by bin from the capture's first packet on.
  [[nodiscard]] boost::json::object json(const Migration& migration, Time) override {
    const auto& bins = bins_[migration];
    return {{"bin_seconds", seconds(bins.length)},
            {"forward", boost::json::value_from(bins.bytes[0])},
            {"back", boost::json::value_from(bins.bytes[1])}};
  }

 private:
  struct Bins {
    Time length = std::chrono::milliseconds(1);
    std::vector<std::uint64_t> bytes[2];  // by Direction
  };

  static void halve(Bins& bins) {
    bins.length *= 2;
    for (auto& bytes : bins.bytes) {
      for (std::size_t i = 0; i < bytes.size(); i += 2)
        bytes[i / 2] = bytes[i] + (i + 1 < bytes.size() ? bytes[i + 1] : 0);
      bytes.resize((bytes.size() + 1) / 2);
    }
  }

  void add(const EventContext& context, std::uint64_t size) {
    if (context.migration == nullptr || size == 0) return;
    auto& bins = bins_[*context.migration];
    const auto since = std::max(context.time - start_, Time{});
    while (since / bins.length >= static_cast<std::int64_t>(max_bins)) halve(bins);
    const auto i = static_cast<std::size_t>(since / bins.length);
    for (auto& bytes : bins.bytes) bytes.resize(std::max(bytes.size(), i + 1));
    bins.bytes[static_cast<std::size_t>(context.direction)][i] += size;
  }

  PerMigration<Bins> bins_;
  Time start_{};
};

}  // namespace

extern const AnalysisKind traffic_analysis = {"traffic", make_analysis<TrafficAnalysis>};

}  // namespace mig::replay
