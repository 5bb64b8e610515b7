// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <boost/json/object.hpp>
#include <map>
#include <vector>

#include "replay/analysis.hpp"

namespace mig::replay {

/// Bytes of each direction over time, all channels of a migration together. Bounded: bins double in length
/// when there would be more than `max_bins`.
class Traffic final : public Consumer {
 public:
  static constexpr std::size_t max_bins = 1024;

  void started(Time time) override { start_ = time; }
  void event(const Seen& seen, const Event& event, Bytes raw) override;
  /// `bin_seconds`, `forward`, `back`: bytes by bin from the capture's first packet on.
  [[nodiscard]] boost::json::object to_json(const Migration& migration) const;

 private:
  struct Bins {
    Time length = std::chrono::milliseconds(1);
    std::vector<std::uint64_t> ways[2];  // by Direction
  };
  static void halve(Bins& bins);

  std::map<MigrationId, Bins> bins_;
  Time start_{};
};

}  // namespace mig::replay
