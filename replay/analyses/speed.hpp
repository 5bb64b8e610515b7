// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "replay/analyses/migration_analysis.hpp"
#include "replay/per_migration.hpp"

namespace mig::replay {

/// Bytes to the destination without a pause between them.
struct Burst {
  Time begin{}, end{};
  std::uint64_t bytes = 0;
  bool first = false;  ///< nothing of its stage was sent before it, or a link had broken in between
};

/// QEMU sends what its limit allows in 100 ms, and then nothing until these are over (migration/migration.c
/// BUFFER_DELAY). It counts what it has written in larger pieces, so a burst only bounds the limit.
struct RateLimit {
  double at_least = 0, at_most = 0;  ///< bytes a second
  std::uint64_t burst = 0;           ///< bytes, the median
  std::size_t bursts = 0;            ///< that came 100 ms before the next one
};

/// "8 bursts of 641.3 KiB ...: a rate limit, estimated as 5 MiB/s to 6.3 MiB/s"
[[nodiscard]] std::string limit_text(const RateLimit& limit);

/// Precopy up to the switchover, or postcopy since the package; the preempt channel, which no limit binds,
/// aside.
struct SpeedStage {
  std::uint64_t bytes = 0;
  Time active{};  ///< from its first byte to its last, broken links aside
  Time idle{};    ///< of that: in pauses between bursts
  std::vector<Burst> bursts;
  static constexpr std::size_t max_bursts = 1U << 14;

  /// Bytes a second; nullopt where it was too short to say.
  [[nodiscard]] std::optional<double> rate() const;
};

/// How fast a migration sent, and whether a limit or something else held it. JSON: docs/replay-schema.md,
/// "speed".
class SpeedAnalysis final : public MigrationAnalysis {
 public:
  enum Stage : std::size_t { precopy, postcopy, neither };

  void event(const EventContext& context, const Event& event, Bytes) override {
    add(context, bytes_passed(event));
  }
  void whole_pages(const EventContext& context, std::span<const Event>, Bytes raw) override {
    add(context, raw.size());
  }

  [[nodiscard]] std::string text(const Migration& migration, Time start) override;
  [[nodiscard]] boost::json::object json(const Migration& migration, Time start) override;
  [[nodiscard]] const SpeedStage& of(const Migration& migration, Stage stage) {
    return states_[migration].stages[stage];
  }
  /// nullopt: its bursts do not look like one.
  [[nodiscard]] std::optional<RateLimit> limit(const Migration& migration, Stage stage);

 private:
  struct State {
    std::array<SpeedStage, 2> stages;  // by Stage
    Stage stage = neither;             // of the newest byte
    Time newest{};
  };
  void add(const EventContext& context, std::uint64_t size);

  PerMigration<State> states_;
};

}  // namespace mig::replay
