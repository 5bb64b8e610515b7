// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "replay/capture_decoder.hpp"
#include "replay/redact/header_list.hpp"
#include "replay/redact/kept_bytes.hpp"

namespace mig::replay {

/// Decides what stays of a capture's streams: what a list allows, and nothing else.
///
/// A stream may be misread before that shows: bytes of a page that are taken for a header, or for a name. So
/// a header is kept cautiously at first. What a main channel says is certain once a section's footer fits and
/// nothing was lost or unreadable before; texts anywhere stay if a main channel has announced them so.
class Keeper final : public Consumer {
 public:
  Keeper();
  void opened(ConnectionId id, const ConnectionInfo& info, Moment moment) override;
  void event(const EventContext& context, const Event& event, Bytes raw) override;
  void closed(const EventContext& context, bool reset) override;
  void finished(Time) override;

  /// All of `bytes`, which are at `offset` of a direction, are overwritten by what stays. Returns how many
  /// stay.
  std::size_t fill(ConnectionId id, Direction direction, std::uint64_t offset,
                   std::span<std::byte> bytes) const;
  /// It was seen from its start, or something of it is part of a migration.
  [[nodiscard]] bool is_understood(ConnectionId id) const;
  /// When the first connection was seen.
  [[nodiscard]] std::optional<Time> first_seen() const noexcept { return first_seen_; }

 private:
  struct DirectionState {
    KeptStream kept;
    bool from_the_start = true;
    bool clean = true;   // nothing was lost or unreadable
    bool ended = false;  // what comes now belongs to no migration
    // What becomes certain at the next footer:
    std::vector<std::pair<std::uint64_t, std::vector<std::byte>>> pending;
    std::vector<std::string> announced;
    // A payload that stays if it is whole:
    std::vector<std::byte> whole;
    std::uint64_t whole_at = 0, whole_size = 0;
  };
  using Key = std::pair<ConnectionId, Direction>;
  struct Mention {  // of a text
    Key key;
    std::uint64_t offset = 0;
    std::set<std::string>::const_iterator text;
  };

  static void lost(DirectionState& state);
  void header(DirectionState& state, const EventContext& context, const Event& event, Bytes raw);
  void consider(DirectionState& state, const EventContext& context, const Event& event, Bytes raw);
  static void payload(DirectionState& state, const Event& event, Bytes raw);
  static void keep_brace(DirectionState& state, const Event& event, Bytes raw);
  static void collect(DirectionState& state, const Event& event, Bytes raw);
  void certain(DirectionState& state);

  std::map<Key, DirectionState> directions_;
  std::set<std::string> texts_;  // all that were mentioned
  std::set<std::string> announced_;
  std::vector<Mention> mentions_;
  std::optional<Time> first_seen_;
};

}  // namespace mig::replay
