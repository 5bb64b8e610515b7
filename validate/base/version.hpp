// SPDX-License-Identifier: GPL-2.0-or-later
// QEMU versions and ranges of them, as scenarios name them: "*", "7.2", ">=10.2", ">=9.1, <10.2".
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mig::validate {

struct QemuVersion {
  int major = 0;
  int minor = 0;

  friend auto operator<=>(const QemuVersion&, const QemuVersion&) = default;
};

/// From "11.1", "11.1.3" or "QEMU emulator version 11.1.3 (Debian ...)".
[[nodiscard]] std::optional<QemuVersion> parse_version(std::string_view text);
[[nodiscard]] std::string to_string(QemuVersion version);

/// Conditions that a version has to meet, all of them.
class VersionRange {
 public:
  VersionRange() = default;
  /// Nothing when the text is no range.
  [[nodiscard]] static std::optional<VersionRange> parse(std::string_view text);

  [[nodiscard]] bool contains(QemuVersion version) const;
  [[nodiscard]] bool is_all() const { return conditions_.empty(); }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  enum class Relation { equal, less, less_equal, greater, greater_equal };
  struct Condition {
    Relation relation = Relation::equal;
    QemuVersion bound;
  };
  [[nodiscard]] static std::optional<Condition> parse_condition(std::string_view text);
  [[nodiscard]] static bool met(const Condition& condition, QemuVersion version);

  std::vector<Condition> conditions_;
  std::string text_ = "*";
};

}  // namespace mig::validate
