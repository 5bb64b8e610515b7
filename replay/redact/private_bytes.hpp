// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <array>
#include <map>
#include <vector>

#include "replay/analyses/sha256.hpp"
#include "replay/analysis.hpp"

namespace mig::replay {

/// Finds the bytes that belong to the guest and not to the framing: page contents, device state, disk data,
/// and whatever could not be read. What stays: headers, names, the VM description, bitmaps.
class PrivateBytes final : public Consumer {
 public:
  /// Of the bytes that could not be read these stay, so that they are refused in the same way again.
  static constexpr std::uint64_t kept_unparsed = 64;

  void event(const Seen& seen, const Event& event, Bytes raw) override;

  /// Zeroes what is private of `bytes`, which stand at `offset`. Where nothing was read all is private.
  void blank(ConnectionId id, Direction direction, std::uint64_t offset, std::span<std::byte> bytes) const;
  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
  /// Of all events, without the contents of payloads: two captures of the same events have the same.
  [[nodiscard]] std::string digest() const { return digest_.hex(); }

 private:
  struct Way {
    std::vector<StreamRange> ranges;  // ascending, not touching
    std::uint64_t unparsed = 0;       // bytes so far
    std::size_t piece = 0;            // of what body the event before was a piece; 0: none
    bool ours = false;                // part of a migration
  };
  using Key = std::pair<ConnectionId, Direction>;
  void note(Way& way, const Seen& seen, const Event& event);
  void hide(Way& way, StreamRange range);

  std::map<Key, Way> ways_;
  std::uint64_t count_ = 0;
  Sha256 digest_;
};

}  // namespace mig::replay
