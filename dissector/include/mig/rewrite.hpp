// SPDX-License-Identifier: GPL-2.0-or-later
// The way back from what fields_of() says: the header of a unit, written again from its name and fields.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mig {

/// The fields of a unit by name, wherever they were kept. nullopt: there is none, or it is of another kind.
class UnitFields {
 public:
  [[nodiscard]] virtual std::optional<std::uint64_t> number(std::string_view name) const = 0;
  /// As it stands on the wire.
  [[nodiscard]] virtual std::optional<std::string> text(std::string_view name) const = 0;
  /// Of style FieldStyle::bytes.
  [[nodiscard]] virtual std::optional<std::string> bytes(std::string_view name) const = 0;
  [[nodiscard]] virtual bool flag(std::string_view name) const = 0;

 protected:
  ~UnitFields() = default;
};

/// The header that unit_name() and fields_of() have described. `length` is its size on the wire where that is
/// known: some records have a field only if it is longer. Empty: no unit of that name, a field is missing or
/// does not fit its place, or a mapped-ram header, which is of files and whose fields do not tell all.
///
/// What fields do not tell is written as QEMU writes it (versions of the configuration's subsections), or as
/// 0: in a multifd packet the number of offsets it has room for, and what is left over of an older packet.
[[nodiscard]] std::vector<std::byte> rewrite_header(std::string_view unit, const UnitFields& fields,
                                                    std::size_t length = 0);

}  // namespace mig
