// SPDX-License-Identifier: GPL-2.0-or-later
// What rewrite_header() has for each unit: its name, and how its fields become bytes.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "header_writer.hpp"
#include "mig/rewrite.hpp"

namespace mig {

/// A header that is written from fields; one that is missing, or of another kind, refuses it.
class Rewriter : public HeaderWriter {
 public:
  Rewriter(const UnitFields& fields, std::size_t length) : fields_(fields), length_(length) {}

  std::uint64_t number(std::string_view name) { return need(fields_.number(name)); }
  std::string text(std::string_view name) { return need(fields_.text(name)); }
  void uuid() {
    const auto value = need(fields_.bytes("uuid"));
    if (value.size() != 16) refuse();
    raw(value);
  }
  [[nodiscard]] const UnitFields& fields() const { return fields_; }
  /// On the wire; 0: not known.
  [[nodiscard]] std::size_t length() const { return length_; }

 private:
  template <class T>
  T need(std::optional<T> value) {
    if (!value) refuse();
    return value.value_or(T());
  }

  const UnitFields& fields_;
  std::size_t length_;
};

struct RewriteRow {
  std::string_view unit;
  void (*write)(Rewriter&);
};
using RewriteRows = std::span<const RewriteRow>;

/// Configuration, sections and commands of the main channel.
[[nodiscard]] RewriteRows element_rows();
/// RAM and the other sections that are sent in parts.
[[nodiscard]] RewriteRows iterative_rows();
[[nodiscard]] RewriteRows return_path_rows();
[[nodiscard]] RewriteRows multifd_rows();

}  // namespace mig
