// SPDX-License-Identifier: GPL-2.0-or-later
// One table of what each event is called and which fields it has. Text, JSON, fault rules and the Wireshark
// tree all read it, so a field has one name everywhere.
#pragma once
#include <algorithm>
#include <array>
#include <cassert>
#include <cstdint>
#include <optional>
#include <string_view>

#include "mig/bytes.hpp"
#include "mig/events.hpp"

namespace mig {

class StreamTables;

/// Where a field is in the raw bytes of its event; size 0 for a derived field that is not on the wire.
struct WireSpan {
  std::uint16_t offset = 0;
  std::uint16_t size = 0;
};

enum class FieldStyle : std::uint8_t { decimal, hex, text, flag, bytes };

/// One named value of an event. `text` is used by the styles text and bytes, `number` by the others and by
/// texts that stand for a number on the wire.
struct Field {
  std::string_view name;  ///< as in rules and JSON: "value", "version_id", "block"
  FieldStyle style = FieldStyle::decimal;
  std::uint64_t number = 0;
  std::string_view text;  ///< borrowed from the tables or from the event
  WireSpan wire;
  bool quiet = false;    ///< says little beside the unit's name and range; not shown in text
  bool counted = false;  ///< a text, which may get another length
};

/// At most `capacity` fields, no allocation.
class FieldList {
 public:
  static constexpr std::size_t capacity = 10;
  /// `field` in the list.
  constexpr Field* add(const Field& field) noexcept {
    assert(size_ < static_cast<std::ptrdiff_t>(capacity));
    return &(fields_[static_cast<std::size_t>(size_++)] = field);
  }
  /// Those of these names come first, in this order.
  template <class Names>
  constexpr void show_first(const Names& names) noexcept {
    auto place = fields_.begin();
    for (const auto name : names) {
      const auto found =
          std::find_if(place, fields_.begin() + size_, [&](const Field& f) { return f.name == name; });
      if (found != fields_.begin() + size_) std::rotate(place++, found, found + 1);
    }
  }
  [[nodiscard]] constexpr const Field* begin() const noexcept { return fields_.data(); }
  [[nodiscard]] constexpr const Field* end() const noexcept { return fields_.data() + size_; }
  [[nodiscard]] constexpr const Field* find(std::string_view name) const noexcept {
    const auto* found = std::find_if(begin(), end(), [&](const Field& f) { return f.name == name; });
    return found != end() ? found : nullptr;
  }

  /// Bytes of the header: what its fields do not cover is its framing (marks, lengths of names, unused
  /// bytes).
  std::size_t header_size = 0;

 private:
  std::array<Field, capacity> fields_{};
  std::ptrdiff_t size_ = 0;
};

/// The unit's name as used by fault rules, logs and displays: "ping", "page", "section", "multifd-packet" ...
/// Commands without payload carry their own: "listen", "run", "open-return-path" ...; payload pieces:
/// "payload".
[[nodiscard]] std::string_view unit_name(const EventBody& body) noexcept;

/// The fields of an event, in the order in which they are shown. Texts are borrowed from `event` and
/// `tables`.
[[nodiscard]] FieldList fields_of(const Event& event, const StreamTables& tables);

[[nodiscard]] std::string_view to_string(Direction direction) noexcept;  // "forward", "return-path"
[[nodiscard]] std::string_view to_string(
    ChannelKind kind) noexcept;  // "main", "main-resumed", "multifd", ...
[[nodiscard]] std::string_view to_string(SectionType type) noexcept;  // "START" ...
[[nodiscard]] std::string_view to_string(PayloadKind kind) noexcept;
[[nodiscard]] std::string_view to_string(PageEncoding encoding) noexcept;
[[nodiscard]] std::string_view to_string(Anchor anchor) noexcept;

}  // namespace mig
