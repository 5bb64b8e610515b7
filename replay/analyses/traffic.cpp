// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <array>
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

  [[nodiscard]] std::string text(const Migration& migration, Time) override {
    const auto& bins = bins_[migration];
    const auto last = bins.bytes[0].size();
    const auto first = first_used(bins);
    const auto step = std::max<std::size_t>(1, (last - first + max_rows - 1) / max_rows);
    std::vector<std::array<std::uint64_t, 2>> rows;
    std::uint64_t most = 1;
    for (auto i = first; i < last; i += step) {
      rows.push_back({sum(bins.bytes[0], i, step), sum(bins.bytes[1], i, step)});
      most = std::max(most, rows.back()[0]);
    }
    auto out = printed("migration %u  traffic, %s a row\n  %9s %14s %12s\n",
                       static_cast<unsigned>(migration.id()) + 1,
                       duration_text(bins.length * static_cast<std::int64_t>(step)).c_str(), "start s",
                       "to destination", "to source");
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const auto& [to, from] = rows[i];
      const auto bar = static_cast<std::size_t>(static_cast<double>(to) / static_cast<double>(most) * 40);
      out += printed("  %9.3f %14s %12s", seconds(bins.length * static_cast<std::int64_t>(first + i * step)),
                     bytes_text(to).c_str(), bytes_text(from).c_str());
      out += (bar != 0 ? "  " + std::string(bar, '#') : "") + "\n";
    }
    return out;
  }
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

  static constexpr std::size_t max_rows = 40;

  static std::size_t first_used(const Bins& bins) {
    std::size_t i = 0;
    while (i < bins.bytes[0].size() && bins.bytes[0][i] + bins.bytes[1][i] == 0) ++i;
    return i;
  }
  static std::uint64_t sum(const std::vector<std::uint64_t>& bytes, std::size_t first, std::size_t size) {
    std::uint64_t out = 0;
    for (auto i = first; i < std::min(first + size, bytes.size()); ++i) out += bytes[i];
    return out;
  }
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

extern const AnalysisKind traffic_analysis = {
    "traffic", make_analysis<TrafficAnalysis>, false, "bytes of each direction over time",
    "  migreplay traffic migration.pcap\n"
    "  migreplay traffic --json migration.pcap | jq -c '.migrations[0].traffic.forward'\n"};

}  // namespace mig::replay
