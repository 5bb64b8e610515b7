// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mig/rewrite.hpp"

namespace mig::replay {

/// One line of migproxy's log: docs/log-schema.md.
class LogLine {
 public:
  /// False: no JSON object. The line may be any bytes.
  [[nodiscard]] bool parse(std::string_view line);

  [[nodiscard]] std::optional<std::uint64_t> number(std::string_view key) const;
  [[nodiscard]] std::string_view text(std::string_view key) const;  ///< empty where there is none
  [[nodiscard]] bool flag(std::string_view key) const;
  [[nodiscard]] bool has(std::string_view key) const { return line_.contains(key); }
  [[nodiscard]] std::string_view kind() const { return text("kind"); }
  [[nodiscard]] std::string_view event() const { return text("event"); }

  /// A field of its unit, as it stands on the wire.
  [[nodiscard]] std::optional<std::string> field_text(std::string_view name) const;
  [[nodiscard]] std::optional<std::uint64_t> field_number(std::string_view name) const;
  /// The header of its unit as it was sent; `name_block`: with the block's name even where it came without.
  /// Empty: the line does not tell enough.
  [[nodiscard]] std::vector<std::byte> header(bool name_block = false) const;
  /// "pong value=0x42: dropped by drop-pong"
  [[nodiscard]] std::string remark() const;

 private:
  boost::json::object line_;
};

/// "\x41b" as "Ab"; nullopt for what printable() does not write.
[[nodiscard]] std::optional<std::string> unescaped(std::string_view text);

}  // namespace mig::replay
